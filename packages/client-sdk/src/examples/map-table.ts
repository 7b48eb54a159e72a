import {
  featureShapeOf,
  shapeSize,
  type DataContract,
  type TableContract,
} from "@tributary/protocol";
import { eventLoopBreak } from "../runtime/event-loop-break.ts";
import { featureCodes, labelCode, type ColumnCode } from "./column-codes.ts";
import type { Cell, ExampleTable } from "./example-table.ts";
import type { Examples } from "./examples.ts";
import { columnFinder, refuseOthers } from "./find-columns.ts";
import { ROWS_AT_ONCE, requireWhole, writeCell } from "./read-rows.ts";
import { tableContract } from "./table-contract.ts";
import { cellText, tableFault } from "./table-fault.ts";

/** What became of the rows of a table under a data contract. */
export interface MappedRows {
  /** The index of the row that each example is from. */
  readonly rows: readonly number[];
  /** How many rows were dropped because they lack a value, by the name of its column. */
  readonly dropped: ReadonlyMap<string, number>;
  /** How many missing values were filled in, by the name of the column. */
  readonly filled: ReadonlyMap<string, number>;
}

/** A table that a data contract has made examples of. */
export interface MappedTable extends MappedRows {
  /** One example for each row that was not dropped, in their order. */
  readonly examples: Examples;
}

/** A table that a data contract has made inputs of. */
export interface MappedFeatures
  extends MappedRows, Pick<Examples, "features" | "featureShape" | "count"> {}

/**
 * Turns a table into examples as a data contract says. Columns are found by their names, in
 * whatever order they are. Long tables let other work of the thread run in between.
 * @param table - Not modified.
 * @throws TributaryError `EXAMPLES_INVALID` when the table does not fit the contract. The message
 *   names the column, and where a cell is at fault also its row and its value.
 */
export async function mapTable(table: ExampleTable, agreed: DataContract): Promise<MappedTable> {
  const contract = tableContract(agreed);
  const Labels = contract.label.classes === undefined ? Float32Array : Int32Array;
  const labels = new Labels(table.rows.length);
  const mapped = await mapRows(table, contract, [{ ...labelCode(contract), target: labels }]);
  const { features, featureShape, count, ...rest } = mapped;
  const examples = { features, featureShape, labels: labels.subarray(0, count), labelShape: [] };
  return { ...rest, examples: { ...examples, count } };
}

/**
 * Turns a table into a model's inputs as a data contract says, for predictions: it need not have
 * the column of the label.
 * @throws TributaryError as `mapTable`.
 */
export async function mapFeatures(
  table: ExampleTable,
  contract: DataContract,
): Promise<MappedFeatures> {
  return mapRows(table, tableContract(contract), []);
}

/** The code of a column, and where its numbers go: one to each example of `target`. */
type LabelColumn = ColumnCode & { readonly target: Float32Array | Int32Array };

/** @param labels - The columns beside the features; their targets are written to. */
async function mapRows(
  table: ExampleTable,
  contract: TableContract,
  labels: readonly LabelColumn[],
): Promise<MappedFeatures> {
  const featureShape = featureShapeOf(contract);
  const width = shapeSize(featureShape);
  const features = new Float32Array(table.rows.length * width);
  const positionOf = columnFinder(table);
  const sources = [
    ...featureCodes(contract).map((code) => ({ ...code, target: features, stride: width })),
    ...labels.map((code) => ({ ...code, stride: 1 })),
  ].map((source) => ({ ...source, position: positionOf(source.column) }));
  if (contract.otherColumns === "refuse") {
    refuseOthers(table, [...sources.map(({ column }) => column), contract.label.name]);
  }
  const droppers = sources.filter(({ whenMissing }) => whenMissing === "drop");
  const dropped = new Map<string, number>();
  const filled = new Map<string, number>();
  const rows: number[] = [];
  const due = eventLoopBreak();
  for (const [row, cells] of table.rows.entries()) {
    if (row % ROWS_AT_ONCE === 0) await due();
    requireWhole(table, row);
    const gap = droppers.find((source) => source.isMissing(cells[source.position]));
    if (gap !== undefined) {
      increase(dropped, gap.column);
      continue;
    }
    for (const source of sources) {
      const cell = cells[source.position];
      const value = source.isMissing(cell) ? filling(table, row, source, filled) : cell!;
      const at = rows.length * source.stride + source.offset;
      writeCell(table, row, source, value, source.target, at);
    }
    rows.push(row);
  }
  requireSome(table, rows.length);
  const count = rows.length;
  return {
    features: features.subarray(0, count * width),
    featureShape,
    count,
    rows,
    dropped,
    filled,
  };
}

/** @throws TributaryError `EXAMPLES_INVALID` when no row is left. */
function requireSome(table: ExampleTable, count: number): void {
  if (count > 0) return;
  const isEmpty = table.rows.length === 0;
  throw tableFault(
    table,
    isEmpty ? "has no rows" : "has no row in which no value is missing",
    "Take part only with examples.",
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
  throw tableFault(
    table,
    `has no value in ${cellText(table, row, column)}`,
    "Fill it in, or let the task's data contract say with `whenMissing` to drop such rows or what to fill in.",
  );
}

function increase(counts: Map<string, number>, column: string): void {
  counts.set(column, (counts.get(column) ?? 0) + 1);
}
