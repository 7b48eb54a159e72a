/** Tables as text, read without a disk: for pages and other programs that hold a file's bytes. */
export { parseTable } from "./parse-table.ts";
export type { DecimalMark, TableFindings, TableOptions, TextTable } from "./text-table.ts";
