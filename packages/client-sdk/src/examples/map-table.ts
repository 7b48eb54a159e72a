import { TributaryError, featureShapeOf, type DataContract } from "@tributary/protocol";
import { eventLoopBreak } from "../runtime/event-loop-break.ts";
import { featureCodes, labelCode, type ColumnCode } from "./column-codes.ts";
import type { Cell, ExampleTable } from "./example-table.ts";
import type { Examples } from "./examples.ts";

/** What became of a table under a data contract. */
export interface MappedTable {
  /** One example for each row that was not dropped, in their order. */
  readonly examples: Examples;
  /** How many rows were dropped because they lack a value, by the name of its column. */
  readonly dropped: ReadonlyMap<string, number>;
  /** How many missing values were filled in, by the name of the column. */
  readonly filled: ReadonlyMap<string, number>;
}

/** A column's code, and where the table has the column. */
interface Source {
  readonly code: ColumnCode;
  readonly position: number;
}

/** How many rows are mapped between two looks at the time. */
const ROWS_AT_ONCE = 64;

/**
 * Turns a table into examples as a data contract says. Columns are found by their names, in
 * whatever order they are. Long tables let other work of the thread run in between.
 * @param table - Not modified.
 * @throws TributaryError `EXAMPLES_INVALID` when the table does not fit the contract. The message
 *   names the column, and where a cell is at fault also its row and its value.
 */
export async function mapTable(table: ExampleTable, contract: DataContract): Promise<MappedTable> {
  const features = featureCodes(contract).map((code) => ({ code, position: find(table, code) }));
  const label = labelCode(contract);
  const sources: Source[] = [...features, { code: label, position: find(table, label) }];
  if (contract.otherColumns === "refuse") refuseOthers(table, sources);

  const featureShape = featureShapeOf(contract);
  const width = featureShape.reduce((size, one) => size * one, 1);
  const { rows } = table;
  const values = new Float32Array(rows.length * width);
  const labels = new (contract.label.classes === undefined ? Float32Array : Int32Array)(
    rows.length,
  );
  const dropped = new Map<string, number>();
  const filled = new Map<string, number>();
  const due = eventLoopBreak();
  let count = 0;
  for (const [row, cells] of rows.entries()) {
    if (row % ROWS_AT_ONCE === 0) await due();
    requireWhole(table, row);
    const gap = sources.find(({ code, position }) => {
      return code.whenMissing === "drop" && code.isMissing(cells[position]!);
    });
    if (gap !== undefined) {
      increase(dropped, gap.code.column);
      continue;
    }
    for (const { code, position } of sources) {
      const cell = cells[position]!;
      const value = code.isMissing(cell) ? filling(table, row, code, filled) : cell;
      const target = code === label ? labels : values;
      const at = code === label ? count : count * width + code.offset;
      const misfit = code.write(value, target, at);
      if (misfit === undefined) continue;
      const { clause, remedy } = misfit;
      const shown = JSON.stringify(String(value).slice(0, 60));
      throw fault(
        table,
        `has ${shown} in ${place(table, row, code.column)}, which ${clause}`,
        remedy,
      );
    }
    count += 1;
  }
  if (count === 0) {
    throw fault(
      table,
      rows.length === 0 ? "has no rows" : "has no row in which no value is missing",
      "Take part only with examples.",
    );
  }
  const examples = {
    features: values.subarray(0, count * width),
    featureShape,
    labels: labels.subarray(0, count),
    labelShape: [],
    count,
  };
  return { examples, dropped, filled };
}

/** Finds the position of a code's column. */
function find(table: ExampleTable, { column }: ColumnCode): number {
  const { columns } = table;
  const position = columns.indexOf(column);
  if (position === -1) {
    const fold = (name: string): string => name.trim().toLowerCase();
    const meant = columns.find((name) => fold(name) === fold(column));
    throw fault(
      table,
      `has no column ${column}, which the task's data contract names`,
      meant === undefined
        ? `Its columns are ${listed(columns)}: rename or add the one that is meant.`
        : `Rename the column ${JSON.stringify(meant)} to ${column}.`,
    );
  }
  if (columns.indexOf(column, position + 1) === -1) return position;
  throw fault(table, `has two columns ${column}`, "Leave only the one that is meant.");
}

function refuseOthers(table: ExampleTable, sources: readonly Source[]): void {
  const used = new Set(sources.map(({ position }) => position));
  const others = table.columns.filter((_, position) => !used.has(position));
  if (others.length === 0) return;
  throw fault(
    table,
    `has ${others.length === 1 ? "the column" : "the columns"} ${listed(others)}, which the task's data contract does not name`,
    "Remove what is not meant to be used, or let the contract say `otherColumns: ignore`.",
  );
}

/** @throws TributaryError `EXAMPLES_INVALID` when a row has not one cell for each column. */
function requireWhole(table: ExampleTable, row: number): void {
  const length = table.rows[row]!.length;
  if (length === table.columns.length) return;
  throw fault(
    table,
    `has ${length} cells in ${rowText(table, row)} and ${table.columns.length} columns`,
    "Give each row one cell for each column.",
  );
}

/** The value to use for a missing one, which is counted. */
function filling(
  table: ExampleTable,
  row: number,
  { column, whenMissing }: ColumnCode,
  filled: Map<string, number>,
): Cell {
  if (typeof whenMissing === "object") {
    increase(filled, column);
    return whenMissing.fill;
  }
  throw fault(
    table,
    `has no value in ${place(table, row, column)}`,
    "Fill it in, or let the task's data contract say with `whenMissing` to drop such rows or what to fill in.",
  );
}

function increase(counts: Map<string, number>, column: string): void {
  counts.set(column, (counts.get(column) ?? 0) + 1);
}

const rowText = ({ lines }: ExampleTable, row: number): string => {
  const line = lines?.[row];
  return line === undefined ? `row ${row + 1}` : `line ${line}`;
};

const place = (table: ExampleTable, row: number, column: string): string =>
  `${rowText(table, row)}, column ${column}`;

const listed = (columns: readonly string[]): string =>
  columns.length > 20 ? `${columns.slice(0, 20).join(", ")} and others` : columns.join(", ");

function fault({ source }: ExampleTable, clause: string, remedy: string): TributaryError {
  return new TributaryError("EXAMPLES_INVALID", `${source ?? "The table of examples"} ${clause}`, {
    remedy,
    ...(source === undefined ? {} : { context: { source } }),
  });
}
