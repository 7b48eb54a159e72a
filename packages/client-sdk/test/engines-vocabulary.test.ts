// Both engines train with everything that a plan can name: a new optimizer, loss or metric is
// tested here without being listed.
import * as tf from "@tensorflow/tfjs";
import { lossNames, metricNames, optimizerNames, type Plan } from "@tributary/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FusedTrainer } from "../src/training/fused/fused-engine.ts";
import { createFusedTrainer } from "../src/training/fused/fused-trainer.ts";
import { createTfjsTrainer, type TfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { describeModel, planFor } from "./support/model-task.ts";
import { examplesFor } from "./support/odd-models.ts";
import { testRandom } from "./support/test-random.ts";

describe("the fused engine and tfjs give the same model and the same metrics", () => {
  let fused: FusedTrainer;
  let tfjs: TfjsTrainer;
  beforeAll(async () => {
    fused = await createFusedTrainer({ backend: "wasm" });
    tfjs = await createTfjsTrainer({ backend: "cpu" });
  });
  afterAll(() => {
    fused.dispose();
    tfjs.dispose();
  });

  async function expectAgreement(training: Partial<Plan["training"]>): Promise<void> {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [4], units: 6, activation: "tanh" }),
        tf.layers.dense({ units: 3, activation: "linear" }),
      ],
    });
    const { description, values } = describeModel(model);
    const plan = planFor(description, { batchSize: 3, metrics: metricNames, ...training });
    const request = { plan, weights: values, examples: examplesFor(plan, [4], 8) };
    const [ours, theirs] = await Promise.all(
      [fused, tfjs].map((trainer) => trainer.train({ ...request, random: testRandom(3) })),
    );
    expect(ours!.weights).not.toEqual(values);
    ours!.weights.forEach((value, i) => expect(value).toBeCloseTo(theirs!.weights[i]!, 5));
    expect(Object.keys(ours!.metrics)).toEqual(["loss", ...metricNames]);
    for (const [name, value] of Object.entries(theirs!.metrics)) {
      // Perplexity has the size of an exponential.
      expect(ours!.metrics[name]! / Math.max(1, value), name).toBeCloseTo(
        value / Math.max(1, value),
        5,
      );
    }
  }

  it.each(optimizerNames)("with the optimizer %s and its defaults", async (name) => {
    await expectAgreement({ optimizer: { name, learningRate: 0.01 } });
  });

  it.each(lossNames)("with the loss %s", async (loss) => {
    await expectAgreement({ loss });
  });
});
