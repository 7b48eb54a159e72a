import type { Examples } from "@tributary/client-sdk";
import { cutRows, type Partition } from "./partition.ts";

/**
 * Copies examples of one form behind each other.
 * @param parts - At least one. All have the same shapes and the same type of labels.
 * @returns Examples in memory of their own.
 */
export function joinExamples(parts: readonly Examples[]): Examples {
  const [first] = parts;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const join = <Values extends Float32Array | Int32Array>(
    arrays: readonly ArrayLike<number>[],
    joined: Values,
  ): Values => {
    let filled = 0;
    for (const values of arrays) {
      joined.set(values, filled);
      filled += values.length;
    }
    return joined;
  };
  const sizeOf = (arrays: readonly ArrayLike<number>[]): number =>
    arrays.reduce((sum, { length }) => sum + length, 0);
  const features = parts.map((part) => part.features);
  const labels = parts.map((part) => part.labels);
  const Labels = first!.labels instanceof Int32Array ? Int32Array : Float32Array;
  return {
    ...first!,
    features: join(features, new Float32Array(sizeOf(features))),
    labels: join(labels, new Labels(sizeOf(labels))),
    count,
  };
}

/** Who has which of the examples that `joinExamples` makes of the same parts. */
export function joinedPartition(parts: readonly Examples[]): Partition {
  const sizes = parts.map(({ count }) => count);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return cutRows(
    Uint32Array.from({ length: total }, (_, row) => row),
    sizes,
  );
}
