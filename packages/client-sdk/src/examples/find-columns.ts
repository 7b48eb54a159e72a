import type { ExampleTable } from "./example-table.ts";
import { listed } from "./listed.ts";
import { tableFault } from "./table-fault.ts";

/**
 * Finds the position of a column.
 * @throws TributaryError `EXAMPLES_INVALID` when the table has no such column, or two.
 */
export function positionOf(table: ExampleTable, column: string): number {
  const { columns } = table;
  const position = columns.indexOf(column);
  if (position === -1) {
    const fold = (name: string): string => name.trim().toLowerCase();
    const meant = columns.find((name) => fold(name) === fold(column));
    throw tableFault(
      table,
      `has no column ${column}, which the task's data contract names`,
      meant === undefined
        ? `Its columns are ${listed(columns)}: rename or add the one that is meant.`
        : `Rename the column ${JSON.stringify(meant)} to ${column}.`,
    );
  }
  if (!columns.includes(column, position + 1)) return position;
  throw tableFault(table, `has two columns ${column}`, "Leave only the one that is meant.");
}

/**
 * Refuses a table that has other columns.
 * @throws TributaryError `EXAMPLES_INVALID`.
 */
export function refuseOthers(table: ExampleTable, named: ReadonlySet<string>): void {
  const others = table.columns.filter((column) => !named.has(column));
  if (others.length === 0) return;
  throw tableFault(
    table,
    `has the ${others.length === 1 ? "column" : "columns"} ${listed(others)}, which the task's data contract does not name`,
    "Remove what is not meant to be used, or let the contract say `otherColumns: ignore`.",
  );
}
