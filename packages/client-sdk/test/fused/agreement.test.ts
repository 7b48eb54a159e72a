import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Examples } from "../../src/index.ts";
import { createFusedTrainer, type FusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import { createTfjsTrainer, type TfjsTrainer } from "../../src/training/tfjs-trainer.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { testRandom } from "../support/test-random.ts";

const { layers } = tf;

/** Models of odd sizes; each ends in 3 outputs unless it says otherwise. */
const MODELS: Readonly<Record<string, () => tf.LayersModel>> = {
  "a dense layer": () =>
    tf.sequential({
      layers: [layers.dense({ inputShape: [7], units: 3, activation: "softmax" })],
    }),
  "dense layers without biases": () =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [5], units: 11, activation: "tanh", useBias: false }),
        layers.dense({ units: 9, activation: "sigmoid" }),
        layers.dense({ units: 3, activation: "softmax", useBias: false }),
      ],
    }),
  "dense layers over rows": () =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [3, 5], units: 4, activation: "relu" }),
        layers.leakyReLU({ alpha: 0.2 }),
        layers.flatten(),
        layers.dense({ units: 3 }),
        layers.softmax({ axis: -1 }),
      ],
    }),
  "convolutions that keep the size": () =>
    tf.sequential({
      layers: [
        layers.conv2d({
          inputShape: [7, 6, 2],
          filters: 5,
          kernelSize: [3, 5],
          padding: "same",
          activation: "relu",
        }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.conv2d({ filters: 3, kernelSize: 2, padding: "same", activation: "tanh" }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "convolutions with steps": () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [9, 8, 1], filters: 4, kernelSize: 3, strides: [2, 1] }),
        layers.conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: "same", useBias: false }),
        layers.reLU(),
        layers.conv2d({ filters: 4, kernelSize: 1 }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "pooling over the edges": () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [7, 7, 1], filters: 3, kernelSize: 2 }),
        layers.averagePooling2d({ poolSize: 3, strides: 1 }),
        layers.maxPooling2d({ poolSize: 2, strides: 1, padding: "same" }),
        layers.zeroPadding2d({
          padding: [
            [1, 2],
            [0, 1],
          ],
        }),
        layers.conv2d({ filters: 5, kernelSize: 3 }),
        layers.globalAveragePooling2d({}),
        layers.reshape({ targetShape: [5, 1] }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "a sum of branches": () => {
    const input = tf.input({ shape: [6] });
    const first = layers.dense({ units: 5, activation: "relu" }).apply(input) as tf.SymbolicTensor;
    const second = layers.dense({ units: 5, activation: "tanh" }).apply(first);
    const third = layers.dense({ units: 5 }).apply(first);
    const sum = layers
      .add()
      .apply([first, second as tf.SymbolicTensor, third as tf.SymbolicTensor]);
    const again = layers.add().apply([sum as tf.SymbolicTensor, first]);
    const end = layers.dense({ units: 3, activation: "softmax" }).apply(again);
    return tf.model({ inputs: input, outputs: end as tf.SymbolicTensor });
  },
};

const OPTIMIZERS: readonly Plan["training"]["optimizer"][] = [
  { name: "sgd", learningRate: 0.1 },
  { name: "sgd", learningRate: 0.1, momentum: 0.9 },
  { name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: true },
  { name: "adam", learningRate: 0.01 },
  { name: "adam", learningRate: 0.01, beta1: 0.8, beta2: 0.99, epsilon: 1e-3 },
  { name: "adagrad", learningRate: 0.1 },
  { name: "rmsprop", learningRate: 0.01 },
  { name: "rmsprop", learningRate: 0.01, momentum: 0.5, decay: 0.8 },
];

const LOSSES: readonly (readonly [
  Plan["training"]["loss"],
  activation: "softmax" | "sigmoid" | "linear",
])[] = [
  ["categoricalCrossentropy", "softmax"],
  ["categoricalCrossentropy", "linear"],
  ["sparseCategoricalCrossentropy", "softmax"],
  ["binaryCrossentropy", "sigmoid"],
  ["binaryCrossentropy", "linear"],
  ["meanSquaredError", "linear"],
  ["meanSquaredError", "sigmoid"],
  ["meanSquaredError", "softmax"],
  ["meanAbsoluteError", "linear"],
  ["meanAbsoluteError", "sigmoid"],
];

/** Examples that fit a plan's model. */
function examplesFor(plan: Plan, shape: readonly number[], count: number): Examples {
  const size = shape.reduce((a, b) => a * b, 1);
  const features = Float32Array.from({ length: count * size }, (_, i) => Math.sin(1.7 * i));
  if (plan.training.loss.includes("ategorical")) {
    const labels = Int32Array.from({ length: count }, (_, i) => (2 * i) % 3);
    return { features, featureShape: shape, labels, labelShape: [], count };
  }
  const labels = Float32Array.from({ length: 3 * count }, (_, i) => 0.5 + 0.5 * Math.sin(2.3 * i));
  return { features, featureShape: shape, labels, labelShape: [3], count };
}

describe("the fused trainer and tfjs on cpu", () => {
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

  async function expectAgreement(
    model: tf.LayersModel,
    training: Partial<Plan["training"]>,
    count: number,
  ): Promise<void> {
    const shape = model.inputs[0]!.shape.slice(1).map(Number);
    const { description, values } = describeModel(model);
    const plan = planFor(description, {
      batchSize: 3,
      metrics: ["accuracy", "meanSquaredError", "meanAbsoluteError"],
      ...training,
    });
    const examples = examplesFor(plan, shape, count);
    const request = { plan, weights: values, examples };
    const [a, b] = await Promise.all(
      [fused, tfjs].map(async (trainer) => ({
        ...(await trainer.train({ ...request, random: testRandom(3) })),
        scores: await trainer.evaluate(request),
        outputs: await trainer.predict({ ...request, ...examples }),
      })),
    );
    const change = Math.hypot(...b!.weights.map((value, i) => value - values[i]!));
    const apart = Math.hypot(...b!.weights.map((value, i) => value - a!.weights[i]!));
    expect(change).toBeGreaterThan(1e-3);
    expect(apart / change).toBeLessThan(2e-5);
    for (const key of ["metrics", "scores"] as const) {
      expect(Object.keys(a![key])).toEqual(Object.keys(b![key]));
      for (const [name, value] of Object.entries(b![key])) {
        expect(a![key][name], `${key} ${name}`).toBeCloseTo(value, 5);
      }
    }
    b!.outputs.forEach((value, i) => expect(a!.outputs[i]).toBeCloseTo(value, 5));
  }

  it.each(Object.entries(MODELS))("agree on %s", async (_, model) => {
    await expectAgreement(model(), {}, 7);
    await expectAgreement(model(), { localEpochs: 2 }, 1);
  });

  it.each(OPTIMIZERS)("agree on the optimizer %o", async (optimizer) => {
    const model = MODELS["dense layers without biases"]!();
    await expectAgreement(model, { optimizer, localEpochs: 3 }, 8);
  });

  it.each(LOSSES)("agree on %s over %s outputs", async (loss, activation) => {
    const model = tf.sequential({
      layers: [
        layers.dense({ inputShape: [4], units: 6, activation: "tanh" }),
        layers.dense({ units: 3, activation }),
      ],
    });
    await expectAgreement(model, { loss, localEpochs: 2 }, 7);
  });

  it("agree on a model whose first layers are frozen", async () => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 3, activation: "relu" }),
        layers.flatten(),
        layers.dense({ units: 4, activation: "tanh", name: "middle" }),
        layers.dense({ units: 3, activation: "softmax", name: "frozen_end" }),
      ],
    });
    await expectAgreement(model, { trainable: ["middle"] }, 7);
  });
});
