import { nameKey } from "@tributary/protocol";
import type { ExampleTable } from "./example-table.ts";
import { foldedName } from "./folded-name.ts";
import { listed } from "./listed.ts";
import { tableFault } from "./table-fault.ts";

/**
 * Makes the function that finds the position of a column by its name.
 * @returns Throws TributaryError `EXAMPLES_INVALID` when the table has no such column, or two.
 */
export function columnFinder(table: ExampleTable): (column: string) => number {
  const positions = new Map<string, number>();
  const repeated = new Set<string>();
  for (const [position, name] of table.columns.entries()) {
    const key = nameKey(name);
    if (positions.has(key)) repeated.add(key);
    else positions.set(key, position);
  }
  return (column) => {
    const key = nameKey(column);
    const position = positions.get(key);
    if (position === undefined) throw lacking(table, column);
    if (!repeated.has(key)) return position;
    throw tableFault(table, `has two columns ${column}`, "Leave only the one that is meant.");
  };
}

function lacking(table: ExampleTable, column: string): Error {
  const { columns } = table;
  const meant = columns.find((name) => foldedName(name) === foldedName(column));
  return tableFault(
    table,
    `has no column ${column}, which the task's data contract names`,
    meant === undefined
      ? `Its columns are ${listed(columns)}: rename or add the one that is meant.`
      : `Rename the column ${JSON.stringify(meant)} to ${column}.`,
  );
}

/**
 * Refuses a table that has other columns.
 * @throws TributaryError `EXAMPLES_INVALID`.
 */
export function refuseOthers(table: ExampleTable, named: readonly string[]): void {
  const keys = new Set(named.map(nameKey));
  const others = table.columns.filter((column) => !keys.has(nameKey(column)));
  if (others.length === 0) return;
  throw tableFault(
    table,
    `has the ${others.length === 1 ? "column" : "columns"} ${listed(others)}, which the task's data contract does not name`,
    "Remove what is not meant to be used, or let the contract say `otherColumns: ignore`.",
  );
}
