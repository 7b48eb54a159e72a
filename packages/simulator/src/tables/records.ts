import { parse } from "csv-parse/sync";
import { messageOf, unreadable } from "../files/unreadable.ts";

/** A row of a file, the header included. */
export interface TableRecord {
  readonly cells: readonly string[];
  /** The line on which the row begins, counted from 1. */
  readonly line: number;
}

/** How to divide a text into records. */
interface RecordOptions {
  readonly delimiter: string;
  /** The most records to read; all if left out. */
  readonly most?: number;
}

/**
 * Divides a text into records and these into cells without spaces around them. Empty lines are left
 * out. Cells in double quotes may hold delimiters and line breaks.
 * @throws TributaryError `DATA_UNREADABLE` when a quote stands where none may or is not closed.
 */
export function readRecords(text: string, file: string, options: RecordOptions): TableRecord[] {
  const { delimiter, most } = options;
  const ofSpaces = delimiter === " ";
  const records: TableRecord[] = [];
  try {
    // All kinds of line breaks are counted as one.
    const lined = text.replaceAll(/\r\n?/g, "\n");
    parse(ofSpaces ? tabsForSpaces(lined) : lined, {
      delimiter: ofSpaces ? "\t" : delimiter,
      skip_empty_lines: true,
      relax_column_count: true,
      trim: true,
      ...(most === undefined ? {} : { to: most }),
      on_record: (cells: string[], { lines }) => {
        records.push({ cells, line: lines - lineBreaksIn(cells) });
        // The parser need not collect the records as well.
        return null;
      },
    });
  } catch (error) {
    throw unreadable(file, `is not a valid table (${messageOf(error)})`, {
      remedy:
        "Put a cell with quotes in it into quotes, with each of its own quotes written twice.",
      ...lineOf(error),
      cause: error,
    });
  }
  return records;
}

/** Writes a tab for every run of spaces and tabs between two cells. */
function tabsForSpaces(text: string): string {
  return text
    .replaceAll(/^[ \t]+|[ \t]+$/gm, "")
    .replaceAll(/"[^"]*"|[ \t]+/g, (found) => (found.startsWith('"') ? found : "\t"));
}

function lineBreaksIn(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + (cell.split("\n").length - 1), 0);
}

/** The line that the parser's error is about. */
function lineOf(error: unknown): { line?: number } {
  const line: unknown = error instanceof Error && "lines" in error ? error.lines : undefined;
  return typeof line === "number" ? { line } : {};
}
