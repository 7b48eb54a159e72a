import type { ExampleTable } from "./example-table.ts";
import type { Examples } from "./examples.ts";

/**
 * Copies the chosen examples, in the given order.
 * @param indices - Indices below `examples.count`. An index may occur several times.
 * @returns Examples in memory of their own, whose buffers can be transferred to a worker.
 */
export function takeExamples(examples: Examples, indices: ArrayLike<number>): Examples {
  const { features, labels, count } = examples;
  return {
    ...examples,
    features: takeValues(features, features.length / count, indices, Float32Array),
    labels:
      labels instanceof Int32Array
        ? takeValues(labels, labels.length / count, indices, Int32Array)
        : takeValues(labels, labels.length / count, indices, Float32Array),
    count: indices.length,
  };
}

/** Copies rows of `rowSize` values. `Kind` is the constructor of the array's type. */
function takeValues<Values extends Float32Array | Int32Array>(
  values: Values,
  rowSize: number,
  indices: ArrayLike<number>,
  Kind: new (length: number) => Values,
): Values {
  const taken = new Kind(indices.length * rowSize);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!;
    taken.set(values.subarray(row * rowSize, (row + 1) * rowSize), i * rowSize);
  }
  return taken;
}

/**
 * The chosen rows of a table, in the given order.
 * @param indices - Indices of rows. An index may occur several times.
 */
export function takeRows(table: ExampleTable, indices: ArrayLike<number>): ExampleTable {
  const { rows, lines } = table;
  const chosen = Array.from(indices);
  return {
    ...table,
    rows: chosen.map((index) => rows[index]!),
    ...(lines === undefined ? {} : { lines: chosen.map((index) => lines[index]!) }),
  };
}
