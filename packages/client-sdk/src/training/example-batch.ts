import type { Examples } from "../examples/examples.ts";
import type { ExampleFormat } from "./example-format.ts";

/** Examples side by side, as one step takes them. Views of memory that the next batch overwrites. */
export interface ExampleBatch {
  /** Shape [count, inputSize]. */
  readonly inputs: Float32Array;
  /** Shape [count, outputSize]. */
  readonly targets: Float32Array;
  readonly count: number;
}

/** Where batches are put: shapes [largest, inputSize] and [largest, outputSize]. */
export interface BatchMemory {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
}

/** Memory for batches of up to `largest` examples. */
export function batchMemory(
  { inputSize, outputSize }: ExampleFormat,
  largest: number,
): BatchMemory {
  return {
    inputs: new Float32Array(largest * inputSize),
    targets: new Float32Array(largest * outputSize),
  };
}

/** Makes a function that gathers batches into memory that is used again and again. */
export function batchGatherer(
  examples: Examples,
  format: ExampleFormat,
  { inputs, targets }: BatchMemory,
): (order: Uint32Array, from: number, to: number) => ExampleBatch {
  const { features, labels } = examples;
  const { inputSize, outputSize, classCount } = format;
  const labelSize = labels.length / examples.count;
  return (order, from, to) => {
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
