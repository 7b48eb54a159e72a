import { labelsOf, type MetricName, type Plan } from "@tributary/protocol";
import type { ExampleBatch } from "./example-batch.ts";
import type { ExampleFormat } from "./example-format.ts";
import type { TrainingMetrics } from "./local-trainer.ts";

/** How the outputs of a model are to be read. */
interface OutputForm {
  /** Size of the outputs' last axis. */
  readonly width: number;
  /** Whether the outputs of a row compete, so that the largest one is the model's answer. */
  readonly competing: boolean;
}

/**
 * The mean of a metric over the examples of a batch.
 * @param outputs, targets - Of the same shape, [batch, ...outputShape].
 */
type MeanMetric = (outputs: Float32Array, targets: Float32Array, form: OutputForm) => number;

/** One for each name: the compiler holds this table to the metrics that a plan can name. */
const METRICS: Readonly<Record<MetricName, MeanMetric>> = {
  accuracy: (outputs, targets, { competing, width }) =>
    competing
      ? argmaxAccuracy(outputs, targets, width)
      : meanOf(outputs, (output, i) => (output > 0.5 === targets[i]! > 0.5 ? 1 : 0)),
  meanSquaredError: (outputs, targets) =>
    meanOf(outputs, (output, i) => (output - targets[i]!) ** 2),
  meanAbsoluteError: (outputs, targets) =>
    meanOf(outputs, (output, i) => Math.abs(output - targets[i]!)),
};

/** Adds up the loss and metrics of batches into means over examples. */
export class MetricSums {
  readonly #form: OutputForm;
  readonly #sums = new Map<MetricName, number>();
  #loss = 0;
  #examples = 0;

  constructor({ loss, metrics }: Plan["training"], { outputShape }: ExampleFormat) {
    const width = outputShape.at(-1) ?? 1;
    this.#form = { width, competing: labelsOf(loss) !== "probabilities" && width > 1 };
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
      this.#sums.set(metric, sum + count * METRICS[metric](outputs, targets, this.#form));
    }
  }

  /** Loss and metrics by name. At least one batch must have been added. */
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
 * The share of rows whose largest output is at the place of the largest target value. Of equal
 * values the first one counts.
 */
function argmaxAccuracy(outputs: Float32Array, targets: Float32Array, width: number): number {
  let correct = 0;
  for (let row = 0; row < outputs.length; row += width) {
    if (argmax(outputs, row, width) === argmax(targets, row, width)) correct++;
  }
  return (correct * width) / outputs.length;
}

function argmax(values: Float32Array, from: number, width: number): number {
  let best = from;
  for (let i = from + 1; i < from + width; i++) if (values[i]! > values[best]!) best = i;
  return best - from;
}
