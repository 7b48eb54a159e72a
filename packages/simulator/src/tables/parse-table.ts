import { advise, setting } from "../files/advice.ts";
import { unreadable } from "../files/unreadable.ts";
import { findDecimalMark, refusePoints } from "./decimal-mark.ts";
import { decodeText } from "./decode-text.ts";
import { evenRecords } from "./even-records.ts";
import { findDelimiter } from "./delimiter.ts";
import { findHeader } from "./header.ts";
import { isNumber, isNumberWithComma } from "./number-text.ts";
import { readRecords, type TableRecord } from "./records.ts";
import type { DecimalMark, TableOptions, TextTable } from "./text-table.ts";

/**
 * Reads a table that is text whose cells are divided by a character. What the options do not say is
 * found out from the text and told. It touches no disk, so that pages read tables with it too.
 * @param bytes - The file, not compressed; not modified.
 * @param file - What messages call it.
 * @throws TributaryError `DATA_UNREADABLE` when the file is no table or may be read in two ways; the
 *   message names the file and the line, and the remedy says what to do.
 */
export function parseTable(bytes: Uint8Array, file: string, options: TableOptions = {}): TextTable {
  const { text, encoding } = decodeText(bytes, file, options.encoding);
  if (text.trim() === "") {
    throw unreadable(file, "is empty", { remedy: "Give a table with examples." });
  }
  const { named, body: lines } = withoutSeparatorLine(text);
  const delimiter = options.delimiter ?? named ?? findDelimiter(lines, file);
  const records = evenRecords(readRecords(lines, file, { delimiter }).filter(hasCells), file);
  const header = options.header ?? findHeader(records, file);
  const { names, body } = header
    ? { names: records[0]!.cells, body: records.slice(1) }
    : { names: records[0]!.cells.map((_, index) => String(index)), body: records };
  if (body.length === 0) {
    throw unreadable(file, "has no rows of data", { remedy: "Give a table with examples." });
  }
  const decimalMark = options.decimalMark ?? findDecimalMark(body, file, delimiter);
  if (decimalMark === ",") refusePoints(body, file);
  const rewrite = rewriter(new Set(options.missing), decimalMark);
  const rows = body.map(({ cells }) => cells.map(rewrite));
  const indices = header ? countIndices(names, rows) : 0;
  return {
    source: file,
    columns: columnNames(names.slice(indices), file),
    rows: rows.map((row) => row.slice(indices)),
    lines: body.map(({ line }) => line),
    found: { form: "text", delimiter, header, encoding, decimalMark, index: indices > 0 },
  };
}

/** Empties the first line of a table in which Excel is told the delimiter: `sep=;`. */
function withoutSeparatorLine(text: string): { named: string | undefined; body: string } {
  const [line, named] = /^sep=(.)(?=[\r\n])/i.exec(text) ?? [];
  return { named, body: line === undefined ? text : text.slice(line.length) };
}

/** Whether a row has anything in it. Spreadsheets write rows of nothing but delimiters at the end. */
const hasCells = ({ cells }: TableRecord): boolean => cells.some((cell) => cell !== "");

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

/** How many columns are an index. One is written each time that a table is saved with its own. */
function countIndices(names: readonly string[], rows: readonly (readonly string[])[]): number {
  const first = names.findIndex((name, column) => !isIndex(name, column, rows));
  return first === -1 ? 0 : first;
}

/** Whether a column has no name of its own, and holds whole numbers or names of rows. */
function isIndex(name: string, column: number, rows: readonly (readonly string[])[]): boolean {
  if (name !== "" && !/^Unnamed: \d+(?:\.\d+)*$/.test(name)) return false;
  const cells = rows.map((row) => row[column]!);
  if (cells.every((cell) => /^\d+$/.test(cell))) return true;
  return !cells.some(isNumber) && new Set(cells).size === cells.length;
}

/** Gives columns without a name their number, and refuses a name that two columns have. */
function columnNames(names: readonly string[], file: string): readonly string[] {
  const columns = names.map((name, index) => (name === "" ? String(index) : name));
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice === undefined) return columns;
  throw unreadable(file, `has two columns named ${twice}`, {
    remedy: advise`Rename one of them. If the first line holds no names but data, say so with ${setting("header", false)}.`,
    line: 1,
  });
}
