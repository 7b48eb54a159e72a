import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import type { Divisible } from "./divisible.ts";
import { partitionFault } from "./partition-fault.ts";
import type { Partition } from "./partition.ts";

/** @throws TributaryError `BAD_PARAMETER` when an example has more than one label. */
export function requireOneLabel({ labelShape }: Divisible["train"]): void {
  if (labelShape.every((size) => size === 1)) return;
  throw partitionFault(
    `The examples have labels of the shape [${labelShape.join(", ")}], so that they cannot be divided by label`,
    "Use a partitioner that does not look at labels, such as iid, size or natural-id.",
  );
}

/**
 * The rows of each class, in random order.
 * @returns One part for each class.
 * @throws TributaryError `BAD_PARAMETER` when the labels are not one class for each example.
 */
export function classRows({ train, classCount }: Divisible, random: RandomSource): Partition {
  requireOneLabel(train);
  if (classCount === 0) {
    throw partitionFault(
      "The labels are numbers to predict, so that the examples cannot be divided by class",
      "Use a partitioner that does not look at classes, such as iid, size, shards or continuous.",
    );
  }
  const { labels, count } = train;
  const offsets = new Uint32Array(classCount + 1);
  for (let row = 0; row < count; row++) {
    const label = labels[row]!;
    if (!(Number.isInteger(label) && label >= 0 && label < classCount)) {
      throw partitionFault(
        `Example ${row} has the label ${label}, and the data set has ${classCount} classes`,
        "Number the classes from 0, and let the data set say how many they are.",
      );
    }
    offsets[label + 1]!++;
  }
  for (let kind = 0; kind < classCount; kind++) offsets[kind + 1]! += offsets[kind]!;
  const next = offsets.slice(0, classCount);
  const rows = new Uint32Array(count);
  for (const row of shuffledIndices(count, random)) rows[next[labels[row]!]!++] = row;
  return { rows, offsets };
}
