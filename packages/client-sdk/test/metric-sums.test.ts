import type { LossName, MetricName } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import type { ExampleFormat } from "../src/training/example-format.ts";
import { MetricSums } from "../src/training/metrics.ts";
import type { Measurement } from "../src/training/local-trainer.ts";

/** Measures rows of outputs, two in a batch. */
function measure(
  loss: LossName,
  metrics: readonly MetricName[],
  rows: readonly (readonly [outputs: readonly number[], targets: readonly number[]])[],
): Measurement {
  const outputShape = [rows[0]![0].length];
  const training = { loss, metrics } as ConstructorParameters<typeof MetricSums>[0];
  const sums = new MetricSums(training, { outputShape } as unknown as ExampleFormat);
  for (let from = 0; from < rows.length; from += 2) {
    const part = rows.slice(from, from + 2);
    const outputs = Float32Array.from(part.flatMap(([values]) => values));
    const targets = Float32Array.from(part.flatMap(([, values]) => values));
    const inputs = new Float32Array(part.length);
    sums.add({ loss: 1, outputs }, { inputs, targets, count: part.length });
  }
  return sums.result();
}

describe("a client's sums for metrics", () => {
  it("are confusions and log-probabilities of classes, without masked rows", () => {
    const { metrics, bases } = measure(
      "categoricalCrossentropy",
      ["f1", "accuracy", "perplexity"],
      [
        [[0.5, 0.25, 0.25], [1, 0, 0]], // prettier-ignore
        [[0.25, 0.5, 0.25], [0, 0, 1]], // prettier-ignore
        [[0.9, 0.1, 0], [0, 0, 0]], // prettier-ignore
      ],
    );
    expect(Object.keys(metrics)).toEqual(["loss", "f1", "accuracy", "perplexity"]);
    expect(bases.map(({ name }) => name)).toEqual(["confusion", "surprise"]);
    expect(bases[0]?.values).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0]);
    expect(bases[1]?.values[0]).toBe(2);
    // −ln ½ and −ln ¼: the model hesitates among √8 classes.
    expect(metrics["perplexity"]).toBeCloseTo(Math.sqrt(8), 12);
    expect(metrics["f1"]).toBeCloseTo(1 / 3, 12);
  });

  it("take several outputs of yes or no as answers to one question", () => {
    const { metrics, bases } = measure(
      "binaryCrossentropy",
      ["precision", "recall", "auc"],
      [
        [[0.9, 0.2], [1, 0]], // prettier-ignore
        [[0.7, 0.3], [0, 1]], // prettier-ignore
      ],
    );
    expect(bases[0]).toEqual({ name: "confusion", values: [1, 1, 1, 1] });
    expect(metrics).toEqual({ loss: 1, precision: 0.5, recall: 0.5, auc: 0.75 });
  });

  it("are moments of labels and errors of numbers, each for itself", () => {
    const { metrics, bases } = measure(
      "meanSquaredError",
      ["rSquared", "rootMeanSquaredError"],
      [
        [[2.5, 1], [3, 1]], // prettier-ignore
        [[0, 2], [-0.5, 2]], // prettier-ignore
        [[2, 3], [2, 3]], // prettier-ignore
        [[8, 4], [7, 4]], // prettier-ignore
      ],
    );
    expect(bases).toEqual([{ name: "residuals", values: [4, 11.5, 62.25, 1.5, 10, 30, 0] }]);
    expect(metrics["rSquared"]).toBeCloseTo((0.948608137 + 1) / 2, 9);
    expect(metrics["rootMeanSquaredError"]).toBeCloseTo(Math.sqrt(1.5 / 8), 12);
  });

  it("are none for a plan whose metrics are all means", () => {
    const { bases } = measure("meanSquaredError", ["meanAbsoluteError"], [[[1], [2]]]);
    expect(bases).toEqual([]);
  });
});
