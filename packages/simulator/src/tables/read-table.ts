import type { TributaryError } from "@tributary/protocol";
import { readUnpacked } from "../files/read-unpacked.ts";
import { unreadable } from "../files/unreadable.ts";
import { findDecimalMark } from "./decimal-mark.ts";
import { decodeText } from "./decode-text.ts";
import { findDelimiter } from "./delimiter.ts";
import { findHeader } from "./header.ts";
import { isNumber, isNumberWithComma } from "./number-text.ts";
import { isParquet, readParquet } from "./parquet.ts";
import { readRecords, type TableRecord } from "./records.ts";
import type { DecimalMark, TableOptions, TextTable } from "./text-table.ts";

/**
 * Reads a file of rows and columns: text whose cells are divided by a character, compressed with
 * gzip or not, or Parquet. What the options do not say is found out from the file and told.
 * @throws TributaryError `DATA_UNREADABLE` when the file is no table or may be read in two ways; the
 *   message names the file and the line, and the remedy says what to do.
 */
export async function readTable(file: string, options: TableOptions = {}): Promise<TextTable> {
  const bytes = await readUnpacked(file);
  if (isParquet(bytes)) return readParquet(bytes, file);
  const { text, encoding } = decodeText(bytes, file, options.encoding);
  if (text.trim() === "") {
    throw unreadable(file, "is empty", { remedy: "Give a table with examples." });
  }
  const delimiter = options.delimiter ?? findDelimiter(text, file);
  const records = evenRecords(readRecords(text, file, { delimiter }), file);
  const header = options.header ?? findHeader(records, file);
  const { names, body } = header
    ? { names: records[0]!.cells, body: records.slice(1) }
    : { names: records[0]!.cells.map((_, index) => String(index)), body: records };
  if (body.length === 0) {
    throw unreadable(file, "has no rows of data", { remedy: "Give a table with examples." });
  }
  const decimalMark = options.decimalMark ?? findDecimalMark(body, file);
  const rewrite = rewriter(new Set(options.missing), decimalMark);
  const rows = body.map(({ cells }) => cells.map(rewrite));
  const index = header && isIndex(names[0]!, rows);
  const columns = columnNames(index ? names.slice(1) : names, file);
  return {
    source: file,
    columns,
    rows: index ? rows.map((row) => row.slice(1)) : rows,
    lines: body.map(({ line }) => line),
    found: { form: "text", delimiter, header, encoding, decimalMark, index },
  };
}

/**
 * Holds all records to the same number of cells. Two habits are allowed for: R leaves out the name
 * of the first column, the one with the names of the rows, and some programs end each row with a
 * delimiter.
 */
function evenRecords(records: TableRecord[], file: string): TableRecord[] {
  const first = records[0]!;
  const others = records.slice(1);
  const length = others[0]?.cells.length ?? first.cells.length;
  const odd = others.find(({ cells }) => cells.length !== length);
  if (odd !== undefined) throw uneven(odd, length, file);
  if (others.length > 0 && others.every(({ cells }) => cells.at(-1) === "")) {
    if (["", undefined].includes(first.cells[length - 1])) {
      return records.map(({ cells, line }) => ({ cells: cells.slice(0, length - 1), line }));
    }
  }
  if (first.cells.length === length) return records;
  if (first.cells.length !== length - 1) throw uneven(others[0]!, first.cells.length, file);
  return [{ cells: ["", ...first.cells], line: first.line }, ...others];
}

function uneven({ cells, line }: TableRecord, expected: number, file: string): TributaryError {
  return unreadable(file, `has ${cells.length} cells instead of ${expected}`, {
    remedy: "Give all rows the same number of cells.",
    line,
  });
}

/** Makes the function that rewrites what only this file writes in its way. */
function rewriter(
  missing: ReadonlySet<string>,
  decimalMark: DecimalMark,
): (cell: string) => string {
  return (cell) => {
    if (missing.has(cell)) return "";
    return decimalMark === "," && isNumberWithComma(cell) ? cell.replace(",", ".") : cell;
  };
}

/** Whether the first column has no name of its own, and holds whole numbers or names of rows. */
function isIndex(name: string, rows: readonly (readonly string[])[]): boolean {
  if (name !== "" && !/^Unnamed: \d+$/.test(name)) return false;
  const cells = rows.map(([first]) => first!);
  if (cells.every((cell) => /^\d+$/.test(cell))) return true;
  return !cells.some(isNumber) && new Set(cells).size === cells.length;
}

/** Gives columns without a name their number, and refuses a name that two columns have. */
function columnNames(names: readonly string[], file: string): readonly string[] {
  const columns = names.map((name, index) => (name === "" ? String(index) : name));
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice === undefined) return columns;
  throw unreadable(file, `has two columns named ${twice}`, {
    remedy: "Rename one of them. If the first line holds no names but data, say so: --no-header.",
    line: 1,
  });
}
