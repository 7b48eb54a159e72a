import {
  MOMENT,
  statisticsColumns,
  type TableContract,
  type Feature,
  type Label,
  type NumberColumn,
  type Scaling,
  type StatisticsColumn,
} from "@tributary/protocol";
import { eventLoopBreak } from "../runtime/event-loop-break.ts";
import { featureCodes, labelCode, type ColumnCode } from "./column-codes.ts";
import type { ExampleTable } from "./example-table.ts";
import { columnFinder } from "./find-columns.ts";
import { tableFault } from "./table-fault.ts";
import { ROWS_AT_ONCE, requireWhole, writeCell } from "./read-rows.ts";

/** A column of the table, and what is counted of it. */
interface Counted {
  readonly code: ColumnCode;
  readonly position: number;
  readonly column: StatisticsColumn;
  /** How much of a row each of its cells is: an image has many cells. */
  readonly share: number;
}

/**
 * Counts what a statistics task asks for: means over the rows of a table, as `statisticsColumns`
 * lays them out. Missing values are counted and never refused.
 * @param before - The checkpoint, whose means squares are taken around; not modified. Where it has no
 *   mean, squares are left to the next round: what is reported is the difference to the checkpoint,
 *   and next to a square around 0 that of a small distance would have no digits left.
 * @returns New Float32, shape [before.length].
 * @throws TributaryError `EXAMPLES_INVALID` when the table lacks a column, or a cell with a value
 *   does not fit the contract.
 */
export async function countTable(
  table: ExampleTable,
  contract: TableContract,
  bins: number,
  before: Float32Array,
): Promise<Float32Array> {
  const counted = countedColumns(table, contract, bins);
  const sums = new Float64Array(before.length);
  const value = new Float64Array(1);
  const due = eventLoopBreak();
  for (const [row, cells] of table.rows.entries()) {
    if (row % ROWS_AT_ONCE === 0) await due();
    requireWhole(table, row);
    for (const { code, position, column, share } of counted) {
      const cell = cells[position];
      if (code.isMissing(cell)) continue;
      writeCell(table, row, code, cell!, value, 0);
      if (column.kind === "words") sums[column.shares + value[0]!]! += share;
      else addNumber(sums, column, value[0]!, share, centreOf(column, before));
    }
  }
  const means = Float32Array.from(sums, (sum) => sum / table.rows.length);
  for (const { column } of counted) {
    if (column.kind === "words") continue;
    const { moments, name } = column;
    means[moments + MOMENT.centre] = centreOf(column, before) ?? 0;
    if (Number.isFinite(means[moments + MOMENT.sum]! + means[moments + MOMENT.squares]!)) continue;
    throw tableFault(
      table,
      `has numbers in column ${name} whose squares are too large to be counted`,
      "Write them in a larger unit.",
    );
  }
  return means;
}

/** Finds the columns, whose numbers are counted as they are, and words by their indices. */
function countedColumns(table: ExampleTable, contract: TableContract, bins: number): Counted[] {
  const columns = statisticsColumns(contract, bins);
  const positionOf = columnFinder(table);
  const place = (codes: readonly ColumnCode[], column: StatisticsColumn): Counted[] =>
    codes.map((code) => ({
      ...{ code, column, position: positionOf(code.column) },
      share: 1 / codes.length,
    }));
  return [
    ...contract.features.flatMap((feature, index) => {
      const codes = featureCodes({ ...contract, features: [asItIs(feature)] });
      return place(codes, columns[index]!);
    }),
    ...place(
      [labelCode({ ...contract, label: unscaled(contract.label) })],
      columns[contract.features.length]!,
    ),
  ];
}

const NONE: Scaling = { method: "none" };

const asItIs = (feature: Feature): Feature =>
  feature.type === "categorical"
    ? { ...feature, encoding: "index" }
    : { ...feature, scaling: NONE };

const unscaled = (label: Label): Label =>
  label.scaling === undefined ? label : { ...label, scaling: NONE };

function addNumber(
  sums: Float64Array,
  { moments, histogram }: NumberColumn,
  value: number,
  share: number,
  centre: number | undefined,
): void {
  sums[moments + MOMENT.present]! += share;
  sums[moments + MOMENT.sum]! += share * value;
  if (centre !== undefined) sums[moments + MOMENT.squares]! += share * (value - centre) ** 2;
  if (histogram === undefined) return;
  const { offset, bins, minimum, maximum } = histogram;
  const bin = Math.floor((bins * (value - minimum)) / (maximum - minimum));
  sums[offset + Math.min(bins - 1, Math.max(0, bin))]! += share;
}

/** The mean of a column in the checkpoint; undefined if it has none, as before the first round. */
function centreOf({ moments }: NumberColumn, before: Float32Array): number | undefined {
  const present = before[moments + MOMENT.present]!;
  return present > 0 ? Math.fround(before[moments + MOMENT.sum]! / present) : undefined;
}
