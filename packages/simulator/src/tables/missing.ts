/** What people, spreadsheets, databases, R and Python write where a value is missing. */
export const USUAL_MISSING: readonly string[] = [
  ...["", "?", "-", ".", "NA", "na", "N/A", "n/a", "#N/A", "<NA>"],
  ...["NaN", "nan", "NAN", "NULL", "Null", "null", "None", "\\N"],
];

const usual = new Set(USUAL_MISSING);

/** Whether a cell is empty or has one of the usual texts that stand for a missing value. */
export const isMissing = (cell: string): boolean => usual.has(cell);
