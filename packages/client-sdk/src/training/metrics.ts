import {
  answerWidth,
  basesOf,
  labelsOf,
  measuresOf,
  metricsFromBases,
  type BasisForm,
  type MetricBasis,
  type MetricName,
  type Plan,
} from "@tributary/protocol";
import { BASIS_ADDERS } from "./basis-adders.ts";
import type { ExampleBatch } from "./example-batch.ts";
import type { ExampleFormat } from "./example-format.ts";
import type { Measurement, TrainingMetrics } from "./local-trainer.ts";
import { argmax, type OutputForm } from "./output-form.ts";

/**
 * The mean of a metric over the examples of a batch.
 * @param outputs, targets - Of the same shape, [batch, ...outputShape].
 */
type MeanMetric = (outputs: Float32Array, targets: Float32Array, form: OutputForm) => number;

/** The metrics that are means. The protocol computes the others from bases. */
const MEANS: Readonly<Partial<Record<MetricName, MeanMetric>>> = {
  accuracy: (outputs, targets, { competing, width }) =>
    competing
      ? argmaxAccuracy(outputs, targets, width)
      : meanOf(outputs, (output, i) => (output > 0.5 === targets[i]! > 0.5 ? 1 : 0)),
  meanSquaredError: (outputs, targets) =>
    meanOf(outputs, (output, i) => (output - targets[i]!) ** 2),
  meanAbsoluteError: (outputs, targets) =>
    meanOf(outputs, (output, i) => Math.abs(output - targets[i]!)),
};

/** Adds up the loss and metrics of batches into means and bases over examples. */
export class MetricSums {
  readonly #metrics: readonly MetricName[];
  readonly #form: OutputForm;
  readonly #means: { readonly name: MetricName; readonly mean: MeanMetric; sum: number }[] = [];
  readonly #bases: readonly { readonly form: BasisForm; readonly sums: Float64Array }[];
  #loss = 0;
  #examples = 0;

  constructor({ loss, metrics }: Plan["training"], { outputShape }: ExampleFormat) {
    const width = outputShape.at(-1) ?? 1;
    this.#metrics = metrics;
    this.#form = { width, competing: labelsOf(loss) !== "probabilities" && width > 1 };
    for (const name of metrics) {
      const mean = MEANS[name];
      if (mean !== undefined) this.#means.push({ name, mean, sum: 0 });
    }
    this.#bases = basesOf(metrics, answerWidth(loss, width)).map((form) => ({
      form,
      sums: new Float64Array(form.length),
    }));
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
    for (const each of this.#means) each.sum += count * each.mean(outputs, targets, this.#form);
    for (const { form, sums } of this.#bases) {
      BASIS_ADDERS[form.name](sums, outputs, targets, this.#form);
    }
  }

  /** Loss and metrics by name, and the bases. At least one batch must have been added. */
  result(): Measurement {
    const bases = this.#bases.map(({ form, sums }): MetricBasis => ({
      name: form.name,
      values: [...sums],
    }));
    const forms = this.#bases.map(({ form }) => form);
    const values: TrainingMetrics = {
      loss: this.#loss / this.#examples,
      ...Object.fromEntries(this.#means.map(({ name, sum }) => [name, sum / this.#examples])),
      ...metricsFromBases(this.#metrics, forms, bases),
    };
    const metrics = Object.fromEntries(
      measuresOf(this.#metrics).map((name) => [name, values[name]!]),
    );
    return { metrics, bases };
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
