import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Examples, StepTerms } from "../../src/index.ts";
import type { FusedTrainer } from "../../src/training/fused/fused-engine.ts";
import { createFusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import { createTfjsTrainer } from "../../src/training/tfjs-trainer.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { examplesFor } from "../support/odd-models.ts";
import { testRandom } from "../support/test-random.ts";

const { layers } = tf;
const RATE = 0.1;
const COUNT = 5;

describe("the terms of a training step", () => {
  const { description, values } = describeModel(
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [4, 4, 1], filters: 3, kernelSize: 2, activation: "tanh" }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  );
  const plan = planFor(description, {
    batchSize: COUNT,
    optimizer: { name: "sgd", learningRate: RATE },
  });
  const examples = examplesFor(plan, [4, 4, 1], COUNT);
  let trainer: FusedTrainer;
  beforeAll(async () => {
    trainer = await createFusedTrainer();
  });
  afterAll(() => trainer.dispose());

  /** The weights after so many steps over all examples. */
  async function trained(terms: StepTerms | undefined, steps = 1): Promise<Float32Array> {
    const { weights } = await trainer.train({
      plan: { ...plan, training: { ...plan.training, localEpochs: steps } },
      ...{ weights: values, examples, random: testRandom(1), terms },
    });
    return weights;
  }

  async function gradientAt(weights: Float32Array, of: Examples = examples): Promise<Float32Array> {
    const { gradient } = await trainer.gradient({ plan, weights, examples: of });
    return gradient;
  }

  const one = (index: number): Examples => ({
    ...examples,
    features: examples.features.slice(16 * index, 16 * (index + 1)),
    labels: examples.labels.slice(index, index + 1),
    count: 1,
  });

  const norm = (vector: Float32Array): number => Math.hypot(...vector);

  function expectNear(actual: Float32Array, expected: (i: number) => number): void {
    actual.forEach((value, i) => expect(value, `value ${i}`).toBeCloseTo(expected(i), 5));
  }

  it("change nothing when none is given", async () => {
    const gradient = await gradientAt(values);
    expectNear(await trained(undefined), (i) => values[i]! - RATE * gradient[i]!);
    expect(await trained({})).toEqual(await trained(undefined));
  });

  it("start from the gradient that gradient() returns, whatever the batch size", async () => {
    const many = examplesFor(plan, [4, 4, 1], 75);
    const { gradient, loss } = await trainer.gradient({ plan, weights: values, examples: many });
    const whole = { ...plan, training: { ...plan.training, batchSize: 75 } };
    const result = await trainer.train({
      ...{ plan: whole, weights: values, examples: many, random: testRandom(1) },
    });
    expectNear(result.weights, (i) => values[i]! - RATE * gradient[i]!);
    expect(loss).toBeCloseTo(result.metrics["loss"]!, 5);
  });

  it("pull the weights back to the given ones by the proximal term", async () => {
    const first = await trained(undefined);
    const gradient = await gradientAt(first);
    const second = await trained({ proximal: 0.7 }, 2);
    expectNear(second, (i) => {
      const pull = 0.7 * (first[i]! - values[i]!);
      return first[i]! - RATE * (gradient[i]! + pull);
    });
  });

  it("include weight decay", async () => {
    const gradient = await gradientAt(values);
    const weights = await trained({ weightDecay: 0.3 });
    expectNear(weights, (i) => values[i]! - RATE * (gradient[i]! + 0.3 * values[i]!));
  });

  it("replace those of the plan", async () => {
    const training = { ...plan.training, localEpochs: 2, proximal: 0.7, gradientClipNorm: 0.5 };
    const request = { weights: values, examples, random: testRandom(1) };
    const told = { ...request, plan: { ...plan, training } };
    const { weights } = await trainer.train(told);
    expect(weights).toEqual(await trained({ proximal: 0.7, gradientClipNorm: 0.5 }, 2));
    const loose = await trainer.train({ ...told, terms: { proximal: 0, gradientClipNorm: 1e6 } });
    expect(loose.weights).toEqual(await trained(undefined, 2));
  });

  it("add a correction, and clip the sum", async () => {
    const correction = values.map((_, i) => Math.cos(i));
    const sum = (await gradientAt(values)).map((value, i) => value + correction[i]!);
    expectNear(await trained({ correction }), (i) => values[i]! - RATE * sum[i]!);
    const factor = 0.5 / norm(sum);
    expect(factor).toBeLessThan(1);
    const clipped = await trained({ correction, gradientClipNorm: 0.5 });
    expectNear(clipped, (i) => values[i]! - RATE * factor * sum[i]!);
    expect(await trained({ gradientClipNorm: 1e6 })).toEqual(await trained(undefined));
  });

  it("clip each example's gradient before the gradients are averaged", async () => {
    const singles = await Promise.all(
      Array.from({ length: COUNT }, (_, index) => gradientAt(values, one(index))),
    );
    const norms = singles.map(norm);
    // A bound between the shortest and the longest gradient: some are clipped and some are not.
    const bound = (Math.min(...norms) + Math.max(...norms)) / 2;
    const mean = (i: number): number =>
      singles.reduce(
        (sum, single, k) => sum + (single[i]! * Math.min(1, bound / norms[k]!)) / COUNT,
        0,
      );
    const clipped = await trained({ exampleClipNorm: bound });
    expectNear(clipped, (i) => values[i]! - RATE * mean(i));
    const loose = await trained({ exampleClipNorm: 1e6 });
    const plain = await trained(undefined);
    expectNear(loose, (i) => plain[i]!);
  });

  it("do not change the reported metrics when examples are clipped", async () => {
    const request = { plan, weights: values, examples, random: testRandom(1) };
    const plain = await trainer.train(request);
    const clipped = await trainer.train({ ...request, terms: { exampleClipNorm: 1 } });
    for (const [name, value] of Object.entries(plain.metrics)) {
      expect(clipped.metrics[name]).toBeCloseTo(value, 6);
    }
  });

  it("leave frozen layers unchanged and without a gradient", async () => {
    const layer = description.parameters[0]!.name.split("/")[0]!;
    const partly = { ...plan, training: { ...plan.training, trainable: [layer] } };
    const request = { plan: partly, weights: values, examples };
    const { gradient } = await trainer.gradient(request);
    const size = 4 * 3 + 3;
    expect(norm(gradient.subarray(0, size))).toBeGreaterThan(0);
    expect(norm(gradient.subarray(size))).toBe(0);
    const terms = { weightDecay: 0.3, correction: values.map(() => 1), exampleClipNorm: 0.1 };
    const { weights } = await trainer.train({ ...request, random: testRandom(1), terms });
    expect(weights.subarray(size)).toEqual(values.subarray(size));
  });

  it("are refused when they are out of range, and by an engine that does not have them", async () => {
    for (const terms of [
      { proximal: -1 },
      { weightDecay: Number.NaN },
      { gradientClipNorm: 0 },
      { exampleClipNorm: Number.POSITIVE_INFINITY },
      { correction: new Float32Array(3) },
    ]) {
      await expect(trained(terms)).rejects.toMatchObject({ code: "BAD_PARAMETER" });
    }
    const tfjs = await createTfjsTrainer({ backend: "cpu" });
    const request = { plan, weights: values, examples, random: testRandom(1) };
    for (const terms of [{ weightDecay: 1 }, { exampleClipNorm: 1 }, { gradientClipNorm: -1 }]) {
      await expect(tfjs.train({ ...request, terms })).rejects.toMatchObject({
        code: "BAD_PARAMETER",
        message: expect.stringContaining(Object.keys(terms)[0]!) as string,
      });
    }
    tfjs.dispose();
  });

  it("refuses to clip the examples of a batch that batch normalisation mixes", async () => {
    const mixing = describeModel(
      tf.sequential({
        layers: [
          layers.batchNormalization({ inputShape: [16] }),
          layers.dense({ units: 3, activation: "softmax" }),
        ],
      }),
    );
    const request = {
      plan: planFor(mixing.description),
      ...{ weights: mixing.values, examples, random: testRandom(1) },
    };
    await expect(
      trainer.train({ ...request, terms: { exampleClipNorm: 1 } }),
    ).rejects.toMatchObject({ code: "BAD_PARAMETER" });
  });
});

describe("dropout in the fused trainer", () => {
  it("drops the given share, other values in every pass, and the same ones for the same seed", async () => {
    const { description, values } = describeModel(
      tf.sequential({
        layers: [
          layers.dropout({ inputShape: [400], rate: 0.25 }),
          layers.dense({ units: 1, useBias: false }),
        ],
      }),
    );
    const plan = planFor(description, {
      ...{ batchSize: 1, localEpochs: 2, loss: "meanSquaredError", metrics: [] },
      optimizer: { name: "sgd", learningRate: 1e-3 },
    });
    const examples: Examples = {
      ...{ features: new Float32Array(400).fill(1), featureShape: [400], count: 1 },
      ...{ labels: new Float32Array(1).fill(100), labelShape: [1] },
    };
    const trainer = await createFusedTrainer();
    const run = async (epochs: number, seed: number): Promise<Float32Array> => {
      const training = { ...plan.training, localEpochs: epochs };
      const request = { plan: { ...plan, training }, weights: values, examples };
      return (await trainer.train({ ...request, random: testRandom(seed) })).weights;
    };
    const dropped = (weights: Float32Array, before: Float32Array): number[] =>
      [...weights.keys()].filter((i) => weights[i] === before[i]);
    const once = await run(1, 1);
    const first = dropped(once, values);
    // 100 of 400 are expected to be dropped, with a standard deviation of 8.7.
    expect(first.length).toBeGreaterThan(65);
    expect(first.length).toBeLessThan(135);
    expect(await run(1, 1)).toEqual(once);
    expect(dropped(await run(1, 2), values)).not.toEqual(first);
    const second = dropped(await run(2, 1), once);
    expect(second).not.toEqual(first);
    expect(second.length).toBeGreaterThan(65);
    // The values that are kept are scaled up, so that the mean stays the same.
    const step = (i: number): number => once[i]! - values[i]!;
    const kept = [...once.keys()].filter((i) => !first.includes(i));
    for (const i of kept) expect(step(i)).toBeCloseTo(step(kept[0]!), 5);
    const outputs = await trainer.predict({ plan, weights: values, ...examples });
    expect(outputs[0]).toBeCloseTo(
      values.reduce((sum, value) => sum + value, 0),
      3,
    );
    trainer.dispose();
  });
});

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
