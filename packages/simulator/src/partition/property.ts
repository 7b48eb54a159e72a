import { numberOf } from "@tributary/protocol";
import { requireOneLabel } from "./class-rows.ts";
import type { Divisible } from "./divisible.ts";
import { partitionFault } from "./partition-fault.ts";

/**
 * A number that each example has.
 * @param property - A column of the table, the index of a feature, `label`, or `mean`, the mean of
 *   an example's features. A column comes first.
 * @returns New Float64, shape [count].
 * @throws TributaryError `BAD_PARAMETER` when there is no such number.
 */
export function propertyOf(data: Divisible, property: string | number): Float64Array {
  const { train, table } = data;
  const { features, labels, count } = train;
  const width = features.length / count;
  const column = table?.columns.indexOf(String(property)) ?? -1;
  if (column >= 0) return columnNumbers(data, column);
  if (property === "label") {
    requireOneLabel(train);
    return Float64Array.from(labels);
  }
  if (property === "mean") {
    return Float64Array.from({ length: count }, (_, row) => {
      let sum = 0;
      for (let i = row * width; i < (row + 1) * width; i++) sum += features[i]!;
      return sum / width;
    });
  }
  const feature = Number(property);
  if (Number.isInteger(feature) && feature >= 0 && feature < width) {
    return Float64Array.from({ length: count }, (_, row) => features[row * width + feature]!);
  }
  const columns =
    table === undefined ? "" : `a column (${table.columns.slice(0, 40).join(", ")}), `;
  throw partitionFault(
    `The examples have no property ${property}`,
    `Use ${columns}label, mean, or the index of a feature from 0 to ${width - 1}.`,
  );
}

function columnNumbers({ table }: Divisible, column: number): Float64Array {
  const { columns, rows } = table!;
  return Float64Array.from(rows, (cells) => {
    const cell = cells[column] ?? "";
    const number = typeof cell === "number" ? cell : numberOf(cell.trim());
    if (number !== undefined && Number.isFinite(number)) return number;
    throw partitionFault(
      `Column ${columns[column]} has ${JSON.stringify(cell)}, which is not a number`,
      "Sort by a column of numbers.",
    );
  });
}
