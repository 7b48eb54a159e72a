import { advise, setting } from "../files/advice.ts";
import { unreadable } from "../files/unreadable.ts";
import { isMissing } from "./missing.ts";
import { isNumber, isNumberWithComma } from "./number-text.ts";
import { readRecords, type TableRecord } from "./records.ts";

/** What may stand between two cells. Of two that fit equally well, the first is taken. */
const CANDIDATES = ["\t", ";", "|", ",", " "] as const;

/** How many rows are looked at, and how much text at most, in characters. */
const SAMPLE_ROWS = 100;
const SAMPLE_LENGTH = 1_048_576;

/**
 * Finds what stands between two cells: that which divides the rows into the same number of cells,
 * and makes numbers of most of these.
 * @throws TributaryError `DATA_UNREADABLE` when nothing divides the rows into cells.
 */
export function findDelimiter(text: string, file: string): string {
  const sample = text.slice(0, SAMPLE_LENGTH);
  const fits = CANDIDATES.map((delimiter) => ({ delimiter, fit: fitOf(sample, file, delimiter) }));
  const best = fits.reduce((a, b) => (b.fit > a.fit ? b : a));
  if (best.fit > 0) return best.delimiter;
  // A quote that is not closed is a fault of its own.
  readRecords(text, file, { delimiter: "," });
  throw unreadable(file, "has rows that are not divided into cells", {
    remedy: advise`Give a table of at least two columns. If an unusual character divides them, say which with ${setting("delimiter")}.`,
    line: 1,
  });
}

/**
 * How well a delimiter fits a text, from 0 to 2: the share of rows that have as many cells as most
 * rows have, times 1 and the share of cells that are numbers or missing. It is 0 if most rows have
 * one cell.
 */
function fitOf(sample: string, file: string, delimiter: string): number {
  let records: TableRecord[];
  try {
    records = readRecords(sample, file, { delimiter, most: SAMPLE_ROWS });
  } catch {
    // A quote stands where none may: the cells are divided by something else.
    return 0;
  }
  const lengths = new Map<number, number>();
  for (const { cells } of records) {
    lengths.set(cells.length, (lengths.get(cells.length) ?? 0) + 1);
  }
  const [usual = 0, times = 0] = [...lengths].sort((a, b) => b[1] - a[1])[0] ?? [];
  if (usual < 2) return 0;
  const cells = records.flatMap((record) => record.cells);
  const share = (holds: (cell: string) => boolean): number =>
    cells.filter(holds).length / cells.length;
  // Commas are decimal commas only where they do not divide cells.
  const isNumeric = (cell: string): boolean =>
    isMissing(cell) || isNumber(cell) || (delimiter !== "," && isNumberWithComma(cell));
  // Texts have spaces in them. Where spaces divide cells, these have no other delimiter in them.
  const isTorn = (cell: string): boolean => /[,;|]/.test(cell) && !isNumberWithComma(cell);
  const whole = delimiter === " " ? 1 - share(isTorn) : 1;
  return whole * (times / records.length) * (1 + share(isNumeric));
}
