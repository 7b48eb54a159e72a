import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFusedTrainer, type FusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { examplesFor } from "../support/odd-models.ts";
import { testRandom } from "../support/test-random.ts";

type Constraint = ReturnType<typeof tf.constraints.nonNeg>;

const CONSTRAINTS: Readonly<Record<string, () => Constraint>> = {
  "a largest norm": () => tf.constraints.maxNorm({ maxValue: 0.5, axis: 0 }),
  "a norm of 1": () => tf.constraints.unitNorm({ axis: 0 }),
  "values that are not negative": () => tf.constraints.nonNeg(),
  "a norm between bounds": () =>
    tf.constraints.minMaxNorm({ minValue: 0.7, maxValue: 0.8, rate: 0.5, axis: 0 }),
};

describe("a constraint", () => {
  let trainer: FusedTrainer;
  beforeAll(async () => {
    trainer = await createFusedTrainer();
  });
  afterAll(() => trainer.dispose());

  /** Trains a dense layer for one step. @returns Its kernel [4, 3]. */
  async function trainedKernel(constraint?: Constraint): Promise<Float32Array> {
    const layer = tf.layers.dense({
      ...{ inputShape: [4], units: 3, activation: "softmax" },
      ...(constraint === undefined ? {} : { kernelConstraint: constraint }),
    });
    const { description, values } = describeModel(tf.sequential({ layers: [layer] }));
    const plan = planFor(description, { localEpochs: 1 });
    const request = { plan, weights: values, examples: examplesFor(plan, [4], 6) };
    const { weights } = await trainer.train({ ...request, random: testRandom(1) });
    return weights.slice(0, 12);
  }

  // tfjs itself never applies a constraint in training, but knows what it does to a tensor.
  it.each(Object.entries(CONSTRAINTS))("of %s holds after a step", async (_, make) => {
    const free = await trainedKernel();
    const bound = await trainedKernel(make());
    const expected = make()
      .apply(tf.tensor(free, [4, 3]))
      .dataSync<"float32">();
    bound.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
    expect(bound).not.toEqual(free);
  });
});
