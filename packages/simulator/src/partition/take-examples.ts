import type { Examples } from "@tributary/client-sdk";

/**
 * Copies the chosen examples, in the given order.
 * @param indices - Indices below `examples.count`. An index may occur several times.
 * @returns Examples in memory of their own, whose buffers can be transferred to a worker.
 */
export function takeExamples(examples: Examples, indices: ArrayLike<number>): Examples {
  const { features, labels, featureShape, labelShape, count } = examples;
  return {
    features: takeRows(features, features.length / count, indices, Float32Array),
    featureShape,
    labels:
      labels instanceof Int32Array
        ? takeRows(labels, labels.length / count, indices, Int32Array)
        : takeRows(labels, labels.length / count, indices, Float32Array),
    labelShape,
    count: indices.length,
  };
}

/** Copies rows of `rowSize` values. `Kind` is the constructor of the array's type. */
function takeRows<Values extends Float32Array | Int32Array>(
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
