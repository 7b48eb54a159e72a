import type { ColumnCode, Misfit } from "./column-codes.ts";
import type { Cell, ExampleTable } from "./example-table.ts";
import { cellText, rowText, tableFault } from "./table-fault.ts";

/** How many rows are read between two looks at the time. */
export const ROWS_AT_ONCE = 64;

/** @throws TributaryError `EXAMPLES_INVALID` when a row has not one cell for each column. */
export function requireWhole(table: ExampleTable, row: number): void {
  const cells: unknown = table.rows[row];
  if (!Array.isArray(cells) && !ArrayBuffer.isView(cells)) {
    const clause = `has no list of cells in ${rowText(table, row)}`;
    throw tableFault(table, clause, "Give the cells of a row in the order of the columns.");
  }
  const { length } = table.rows[row]!;
  if (length === table.columns.length) return;
  throw tableFault(
    table,
    `has ${length} cells in ${rowText(table, row)} and ${table.columns.length} columns`,
    "Give each row one cell for each column.",
  );
}

const NO_CELL: Misfit = {
  clause: "is no text and no number",
  remedy: "Give a text, a number or null.",
};

/**
 * Writes the numbers of a cell that has a value.
 * @param at - Where in `target` they go.
 * @throws TributaryError `EXAMPLES_INVALID` when the cell does not fit its code.
 */
export function writeCell(
  table: ExampleTable,
  row: number,
  code: ColumnCode,
  cell: Cell,
  target: Parameters<ColumnCode["write"]>[1],
  at: number,
): void {
  const misfit = typeof (cell as unknown) === "object" ? NO_CELL : code.write(cell, target, at);
  if (misfit === undefined) return;
  const shown = JSON.stringify(String(cell).slice(0, 60));
  const clause = `has ${shown} in ${cellText(table, row, code.column)}, which ${misfit.clause}`;
  throw tableFault(table, clause, misfit.remedy);
}
