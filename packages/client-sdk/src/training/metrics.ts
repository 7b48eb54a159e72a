import type { Plan } from "@tributary/protocol";
import type { ExampleBatch } from "./example-batch.ts";
import type { ExampleFormat } from "./example-format.ts";
import type { TrainingMetrics } from "./local-trainer.ts";

type MetricName = Plan["training"]["metrics"][number];

/** Adds up the loss and the metrics of batches, and gives their means over all examples. */
export class MetricSums {
  /**
   * How outputs are read for the accuracy. True: the classes compete, and the largest output wins.
   * False: each output answers a question of its own, yes above 0.5.
   */
  readonly #competing: boolean;
  /** The size of the outputs' last axis. */
  readonly #width: number;
  readonly #sums = new Map<MetricName, number>();
  #loss = 0;
  #examples = 0;

  constructor({ loss, metrics }: Plan["training"], { outputShape }: ExampleFormat) {
    this.#width = outputShape.at(-1) ?? 1;
    this.#competing = loss !== "binaryCrossentropy" && this.#width > 1;
    for (const metric of metrics) this.#sums.set(metric, 0);
  }

  /**
   * Adds a batch.
   * @param pass - `loss` is the mean over the batch; `outputs` has the shape of the targets.
   */
  add(
    { loss, outputs }: { readonly loss: number; readonly outputs: Float32Array },
    { targets, count }: ExampleBatch,
  ): void {
    this.#loss += loss * count;
    this.#examples += count;
    for (const [metric, sum] of this.#sums) {
      this.#sums.set(metric, sum + count * this.#mean(metric, outputs, targets));
    }
  }

  /** The mean of a metric over the values of one batch. */
  #mean(metric: MetricName, outputs: Float32Array, targets: Float32Array): number {
    switch (metric) {
      case "accuracy":
        return this.#competing
          ? argmaxAccuracy(outputs, targets, this.#width)
          : meanOf(outputs, (output, i) => (output > 0.5 === targets[i]! > 0.5 ? 1 : 0));
      case "meanSquaredError":
        return meanOf(outputs, (output, i) => (output - targets[i]!) ** 2);
      case "meanAbsoluteError":
        return meanOf(outputs, (output, i) => Math.abs(output - targets[i]!));
    }
  }

  /** Returns loss and metrics by name. To be called after at least one batch. */
  means(): TrainingMetrics {
    const means: TrainingMetrics = { loss: this.#loss / this.#examples };
    for (const [metric, sum] of this.#sums) means[metric] = sum / this.#examples;
    return means;
  }
}

function meanOf(values: Float32Array, score: (value: number, index: number) => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += score(values[i]!, i);
  return sum / values.length;
}

/**
 * The share of rows whose largest output is at the same place as the largest value of the target.
 * Of equal values the first one counts.
 */
function argmaxAccuracy(outputs: Float32Array, targets: Float32Array, width: number): number {
  let correct = 0;
  for (let row = 0; row < outputs.length; row += width) {
    if (argmax(outputs, row, width) === argmax(targets, row, width)) correct++;
  }
  return (correct * width) / outputs.length;
}

/** The place of the largest of `width` values, counted from `from`. */
function argmax(values: Float32Array, from: number, width: number): number {
  let best = from;
  for (let i = from + 1; i < from + width; i++) if (values[i]! > values[best]!) best = i;
  return best - from;
}
