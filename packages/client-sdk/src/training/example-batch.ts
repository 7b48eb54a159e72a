import type { Examples } from "../examples/examples.ts";
import type { ExampleFormat } from "./example-format.ts";

/**
 * The examples of one step, one after the other. The arrays are views of memory that the next batch
 * overwrites.
 */
export interface ExampleBatch {
  /** Shape [count, inputSize]. */
  readonly inputs: Float32Array;
  /** Shape [count, outputSize]. */
  readonly targets: Float32Array;
  /** The number of examples in the batch. */
  readonly count: number;
}

/**
 * The memory that batches are written to, for up to `largest` examples: shapes [largest, inputSize]
 * and [largest, outputSize].
 */
export interface BatchMemory {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
}

/** Allocates memory for batches of up to `largest` examples. */
export function batchMemory(
  { inputSize, outputSize }: ExampleFormat,
  largest: number,
): BatchMemory {
  return {
    inputs: new Float32Array(largest * inputSize),
    targets: new Float32Array(largest * outputSize),
  };
}

/**
 * Makes a function that copies the examples of a batch into the memory, which every call
 * overwrites. The function takes the order of all examples, and the part of it, `from` to `to − 1`,
 * that forms the batch. Class indices become one-hot targets.
 */
export function batchGatherer(
  examples: Examples,
  format: ExampleFormat,
  { inputs, targets }: BatchMemory,
): (order: Uint32Array, from: number, to: number) => ExampleBatch {
  const { features, labels } = examples;
  const { inputSize, outputSize, classCount } = format;
  const labelSize = labels.length / examples.count;
  return (order, from, to) => {
    // One-hot targets set a single 1 for each label, so the rest must be cleared first.
    if (classCount !== undefined) targets.fill(0);
    for (let i = from; i < to; i++) {
      const example = order[i]!;
      const row = i - from;
      inputs.set(
        features.subarray(example * inputSize, (example + 1) * inputSize),
        row * inputSize,
      );
      for (let j = 0; j < labelSize; j++) {
        const label = labels[example * labelSize + j]!;
        if (classCount === undefined) targets[row * outputSize + j] = label;
        else targets[row * outputSize + j * classCount + label] = 1;
      }
    }
    const count = to - from;
    return {
      inputs: inputs.subarray(0, count * inputSize),
      targets: targets.subarray(0, count * outputSize),
      count,
    };
  };
}
