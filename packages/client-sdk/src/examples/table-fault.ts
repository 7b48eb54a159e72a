import { TributaryError } from "@tributary/protocol";
import type { ExampleTable } from "./example-table.ts";

/**
 * Makes the error for a table that does not fit. It holds values of the table and stays on this
 * device: a server is told the code of an error and not its message.
 * @param clause - What is wrong, as a clause that follows the name of the table.
 */
export function tableFault(
  { source }: ExampleTable,
  clause: string,
  remedy: string,
): TributaryError {
  return new TributaryError("EXAMPLES_INVALID", `${source ?? "The table of examples"} ${clause}`, {
    remedy,
    ...(source === undefined ? {} : { context: { source } }),
  });
}

/** Names a row: its line if the table has lines, and otherwise its number, counted from 1. */
export function rowText({ lines }: ExampleTable, row: number): string {
  const line = lines?.[row];
  return line === undefined ? `row ${row + 1}` : `line ${line}`;
}

/** Names a cell. */
export function cellText(table: ExampleTable, row: number, column: string): string {
  return `${rowText(table, row)}, column ${column}`;
}
