import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import * as tf from "@tensorflow/tfjs";
import { builtinModel, parseTfjsModel, readTfjsWeights, type Plan } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import type { Examples } from "../src/index.ts";
import { createTfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { describeModel, planFor } from "./support/model-task.ts";
import { testRandom } from "./support/test-random.ts";

const { layers } = tf;
const dataFolder = process.env["TRIBUTARY_DATA"];

/** Grey images with a bright square whose place is the class. */
function squares(count: number): Examples {
  const features = new Float32Array(count * 784);
  const labels = Int32Array.from({ length: count }, (_, i) => (3 * i) % 10);
  labels.forEach((label, i) => {
    const corner = Math.floor(label / 4) * 8 * 28 + (label % 4) * 7;
    for (let y = 0; y < 6; y++) {
      const from = i * 784 + corner + y * 28;
      features.fill(0.5 + (i % 5) / 10, from, from + 6);
    }
  });
  return { features, featureShape: [28, 28, 1], labels, labelShape: [], count };
}

/** `count` rows of `size` values about 1. */
function rows(count: number, size: number, classes = 3): Examples {
  return {
    features: Float32Array.from({ length: count * size }, (_, i) => Math.sin(1.9 * i)),
    featureShape: [size],
    labels: Int32Array.from({ length: count }, (_, i) => i % classes),
    labelShape: [],
    count,
  };
}

describe("builtin models", () => {
  it("train to nearly the same weights on cpu and on wasm", async () => {
    // The cpu backend takes a second for each image of the convolutional one.
    for (const [name, count] of [
      ["mlp-64", 10],
      ["mcmahan-cnn", 1],
    ] as const) {
      const { description, values } = builtinModel(name, testRandom(1));
      const plan = planFor(description, { batchSize: 5 });
      const examples = squares(count);
      const results: Float32Array[] = [];
      for (const backend of ["cpu", "wasm"] as const) {
        const trainer = await createTfjsTrainer({ backend });
        const { weights } = await trainer.train({
          plan,
          weights: values,
          examples,
          random: testRandom(2),
        });
        results.push(weights);
        trainer.dispose();
      }
      const [cpu, wasm] = results;
      let furthest = 0;
      cpu!.forEach((value, i) => {
        furthest = Math.max(furthest, Math.abs(value - wasm![i]!));
      });
      expect(furthest, name).toBeLessThan(1e-5);
    }
  }, 60_000);

  it("classify every square correctly after some epochs", async () => {
    const trainer = await createTfjsTrainer({ backend: "wasm" });
    const { description, values } = builtinModel("mcmahan-2nn", testRandom(1));
    const plan = planFor(description, { localEpochs: 3 });
    const examples = squares(100);
    const { metrics, weights } = await trainer.train({
      plan,
      weights: values,
      examples,
      random: testRandom(2),
    });
    expect(metrics["accuracy"]).toBeGreaterThan(0.9);
    expect(await trainer.evaluate({ plan, weights, examples })).toMatchObject({ accuracy: 1 });
    trainer.dispose();
  });
});

describe("memory", () => {
  const optimizers: Plan["training"]["optimizer"][] = [
    { name: "sgd", learningRate: 0.1 },
    { name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: true },
    { name: "adam", learningRate: 0.01 },
    { name: "adagrad", learningRate: 0.1 },
    { name: "rmsprop", learningRate: 0.01 },
  ];

  it.each(["cpu", "wasm"] as const)("does not grow in a hundred rounds on %s", async (backend) => {
    const trainer = await createTfjsTrainer({ backend });
    const beforeAll = tf.memory().numTensors;
    const { description, values } = describeModel(
      tf.sequential({
        layers: [
          layers.dense({
            inputShape: [6],
            units: 8,
            activation: "relu",
            kernelRegularizer: "l1l2",
          }),
          layers.batchNormalization(),
          layers.dropout({ rate: 0.3 }),
          layers.dense({ units: 3, activation: "softmax" }),
        ],
      }),
    );
    expect(tf.memory().numTensors).toBe(beforeAll);
    const examples = rows(12, 6);
    let weights = values;
    let afterFirst: number | undefined;
    for (let round = 0; round < 100; round++) {
      const optimizer = optimizers[round % optimizers.length]!;
      const added = round % 2 === 0 ? {} : { proximal: 0.1, gradientClipNorm: 1 };
      const plan = planFor(description, { optimizer, batchSize: 5, ...added });
      const random = testRandom(round);
      const stop = AbortSignal.abort();
      await expect(
        trainer.train({ plan, weights, examples, random, signal: stop }),
      ).rejects.toThrow("stopped");
      ({ weights } = await trainer.train({ plan, weights, examples, random }));
      await trainer.evaluate({ plan, weights, examples });
      await trainer.predict({ plan, weights, ...examples });
      afterFirst ??= tf.memory().numTensors;
      expect(tf.memory().numTensors).toBe(afterFirst);
    }
    trainer.dispose();
    await Promise.resolve().then(() => undefined);
    expect(tf.memory().numTensors).toBe(beforeAll);
  });

  it("is freed when training fails half-way and when the plan changes", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const before = tf.memory().numTensors;
    const { description, values } = builtinModel("logistic-regression", testRandom(1));
    const examples = squares(20);
    const plan = planFor(description, { optimizer: { name: "adam", learningRate: 0.1 } });
    const request = { plan, weights: values, examples, random: testRandom(1) };
    await trainer.train(request);
    const during = tf.memory().numTensors;
    const broken = (): never => {
      throw new Error("The app's own fault");
    };
    await expect(trainer.train({ ...request, onProgress: broken })).rejects.toMatchObject({
      code: "TRAINING_FAILED",
      message: expect.stringContaining("The app's own fault"),
    });
    expect(tf.memory().numTensors).toBe(during);
    const other = builtinModel("mlp-64", testRandom(1));
    await trainer.train({ ...request, plan: planFor(other.description), weights: other.values });
    await trainer.train(request);
    expect(tf.memory().numTensors).toBe(during);
    trainer.dispose();
    await trainer.train(request).catch(() => undefined);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("the event loop", () => {
  it("handles other events while a long training runs", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const { description, values } = builtinModel("mlp-64", testRandom(1));
    const plan = planFor(description, { localEpochs: 20, batchSize: 10 });
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns += 1;
      if (running) setTimeout(turn, 0);
    };
    setTimeout(turn, 0);
    await trainer.train({ plan, weights: values, examples: squares(100), random: testRandom(1) });
    running = false;
    // Two hundred steps take far longer than the 12 ms after which a break is due.
    expect(turns).toBeGreaterThan(2);
    trainer.dispose();
  });
});

describe("dropout", () => {
  it("draws a new mask in every step, and the same masks for the same seed", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    // The gradient of a layer after a dropout shows which inputs were dropped.
    const { description, values } = describeModel(
      tf.sequential({
        layers: [
          layers.dropout({ inputShape: [64], rate: 0.5, seed: 7 }),
          layers.dense({ units: 2, activation: "softmax", useBias: false }),
        ],
      }),
    );
    const examples: Examples = {
      features: new Float32Array(64).fill(1),
      featureShape: [64],
      labels: Int32Array.of(1),
      labelShape: [],
      count: 1,
    };
    const dropped = async (epochs: number, seed: number): Promise<string> => {
      const plan = planFor(description, { localEpochs: epochs, batchSize: 1 });
      const { weights } = await trainer.train({
        plan,
        weights: values,
        examples,
        random: testRandom(seed),
      });
      return weights.reduce(
        (text, value, i) => (i % 2 === 0 ? text + (value === values[i] ? "-" : "x") : text),
        "",
      );
    };
    const first = await dropped(1, 1);
    expect(first).toMatch(/-/);
    expect(first).toMatch(/x/);
    expect(await dropped(1, 1)).toBe(first);
    expect(await dropped(1, 2)).not.toBe(first);
    // If every step used the same mask, no epoch would reach more weights than the first one.
    const reached = (mask: string): number => mask.replaceAll("-", "").length;
    expect(reached(await dropped(8, 1))).toBeGreaterThan(reached(first) + 10);
    trainer.dispose();
  });

  it("has no effect in an evaluation", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const { description, values } = describeModel(
      tf.sequential({
        layers: [
          layers.dropout({ inputShape: [4], rate: 0.9 }),
          layers.dense({ units: 3, activation: "softmax" }),
        ],
      }),
    );
    const request = { plan: planFor(description), weights: values, examples: rows(9, 4) };
    expect(await trainer.evaluate(request)).toEqual(await trainer.evaluate(request));
    trainer.dispose();
  });
});

describe("batch normalisation", () => {
  const model = (): ReturnType<typeof describeModel> =>
    describeModel(
      tf.sequential({
        layers: [
          layers.dense({ name: "first", inputShape: [4], units: 3 }),
          layers.batchNormalization({ name: "norm" }),
          layers.dense({ name: "last", units: 3, activation: "softmax" }),
        ],
      }),
    );
  const partOf = (
    values: Float32Array,
    part: string,
    { description }: ReturnType<typeof model>,
  ): number[] => {
    let offset = 0;
    for (const { name, shape } of description.parameters) {
      const size = shape.reduce((product, length) => product * length, 1);
      if (name === part) return [...values.subarray(offset, offset + size)];
      offset += size;
    }
    throw new Error(`There is no ${part}`);
  };

  it("updates its averages during training, and they are part of the update", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const made = model();
    const plan = planFor(made.description);
    const { weights } = await trainer.train({
      plan,
      weights: made.values,
      examples: rows(30, 4),
      random: testRandom(1),
    });
    for (const part of ["norm/moving_mean", "norm/moving_variance", "norm/gamma"]) {
      expect(partOf(weights, part, made)).not.toEqual(partOf(made.values, part, made));
    }
    trainer.dispose();
  });

  it("uses its averages and does not change them when it is frozen", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const made = model();
    const plan = planFor(made.description, { trainable: ["last"], batchSize: 30 });
    const examples = rows(30, 4);
    const { weights, metrics } = await trainer.train({
      plan,
      weights: made.values,
      examples,
      random: testRandom(1),
    });
    for (const part of ["first/kernel", "norm/moving_mean", "norm/gamma"]) {
      expect(partOf(weights, part, made)).toEqual(partOf(made.values, part, made));
    }
    expect(partOf(weights, "last/kernel", made)).not.toEqual(
      partOf(made.values, "last/kernel", made),
    );
    // With the statistics of the batch, the loss before the first step would differ from that of an
    // evaluation.
    const evaluated = await trainer.evaluate({ plan, weights: made.values, examples });
    expect(metrics["loss"]).toBeCloseTo(evaluated["loss"]!, 5);
    trainer.dispose();
  });
});

describe("losses", () => {
  it("of a sigmoid output accept labels from 0 to 1, and refuse others", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const { description, values } = describeModel(
      tf.sequential({
        layers: [layers.dense({ inputShape: [2], units: 1, activation: "sigmoid" })],
      }),
    );
    const plan = planFor(description, {
      loss: "binaryCrossentropy",
      localEpochs: 30,
      optimizer: { name: "sgd", learningRate: 1 },
    });
    const examples: Examples = {
      features: Float32Array.of(1, 0, -1, 0.5, 2, 1, -2, -1),
      featureShape: [2],
      labels: Float32Array.of(1, 0, 1, 0),
      labelShape: [],
      count: 4,
    };
    const request = { plan, weights: values, examples, random: testRandom(1) };
    const { weights } = await trainer.train(request);
    const predictions = await trainer.predict({ plan, weights, ...examples });
    expect([...predictions].map(Math.round)).toEqual([1, 0, 1, 0]);
    const mean = [...predictions].reduce(
      (sum, p, i) => sum - Math.log(examples.labels[i] === 1 ? p : 1 - p) / 4,
      0,
    );
    const scored = await trainer.evaluate({ plan, weights, examples });
    expect(scored["loss"]).toBeCloseTo(mean, 5);
    expect(scored["accuracy"]).toBe(1);
    const labels = Float32Array.of(1, 0, 2, 0);
    await expect(
      trainer.train({ ...request, examples: { ...examples, labels } }),
    ).rejects.toMatchObject({
      code: "EXAMPLES_INVALID",
      message: expect.stringContaining("Example 2"),
    });
    trainer.dispose();
  });

  it("of a linear output fit a line", async () => {
    const trainer = await createTfjsTrainer({ backend: "wasm" });
    const { description, values } = describeModel(
      tf.sequential({ layers: [layers.dense({ inputShape: [1], units: 1 })] }),
    );
    const examples: Examples = {
      features: Float32Array.from({ length: 20 }, (_, i) => i / 10 - 1),
      featureShape: [1],
      labels: Float32Array.from({ length: 20 }, (_, i) => 3 * (i / 10 - 1) + 1),
      labelShape: [],
      count: 20,
    };
    for (const loss of ["meanSquaredError", "meanAbsoluteError"] as const) {
      const plan = planFor(description, {
        loss,
        metrics: ["meanAbsoluteError"],
        localEpochs: 100,
        optimizer: { name: "adam", learningRate: 0.05 },
      });
      const { weights } = await trainer.train({
        plan,
        weights: values,
        examples,
        random: testRandom(1),
      });
      expect(weights[0]).toBeCloseTo(3, 0);
      expect(weights[1]).toBeCloseTo(1, 0);
      const scored = await trainer.evaluate({ plan, weights, examples });
      expect(scored["meanAbsoluteError"]).toBeLessThan(0.3);
    }
    trainer.dispose();
  });

  it("of a sequence of outputs are means over its places", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const { description, values } = describeModel(
      tf.sequential({
        layers: [layers.dense({ inputShape: [5, 2], units: 3, activation: "softmax" })],
      }),
    );
    const count = 6;
    const examples: Examples = {
      features: Float32Array.from({ length: count * 10 }, (_, i) => Math.sin(i)),
      featureShape: [5, 2],
      labels: Int32Array.from({ length: count * 5 }, (_, i) => i % 3),
      labelShape: [5],
      count,
    };
    const plan = planFor(description);
    const { loss, accuracy } = await trainer.evaluate({ plan, weights: values, examples });
    const outputs = await trainer.predict({ plan, weights: values, ...examples });
    let sum = 0;
    let correct = 0;
    for (let i = 0; i < 30; i++) {
      const row = outputs.subarray(3 * i, 3 * i + 3);
      sum -= Math.log(row[i % 3]!);
      if (row[i % 3] === Math.max(...row)) correct++;
    }
    expect(loss).toBeCloseTo(sum / 30, 5);
    expect(accuracy).toBeCloseTo(correct / 30, 9);
    trainer.dispose();
  });
});

describe("models of other forms", () => {
  it("may be graphs of layers", async () => {
    const trainer = await createTfjsTrainer({ backend: "wasm" });
    const input = tf.input({ shape: [4] });
    const apply = (layer: tf.layers.Layer, ...from: tf.SymbolicTensor[]): tf.SymbolicTensor =>
      layer.apply(from.length === 1 ? from[0]! : from) as tf.SymbolicTensor;
    const left = apply(layers.dense({ units: 5, activation: "tanh" }), input);
    const right = apply(layers.dense({ units: 5, activation: "relu" }), input);
    const joined = apply(layers.concatenate(), left, right);
    const logits = apply(layers.dense({ units: 3 }), joined);
    const outputs = apply(layers.softmax({}), logits);
    const { description, values } = describeModel(tf.model({ inputs: input, outputs }));
    const plan = planFor(description, { localEpochs: 20 });
    const examples = rows(30, 4);
    const request = { plan, weights: values, examples, random: testRandom(1) };
    const before = await trainer.evaluate(request);
    const { weights } = await trainer.train(request);
    expect((await trainer.evaluate({ ...request, weights }))["loss"]).toBeLessThan(before["loss"]!);
    const predictions = await trainer.predict({ plan, weights, ...examples });
    expect(predictions.slice(0, 3).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    trainer.dispose();
  });

  it("may contain models, whose layers are frozen under the inner model's name", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const inner = tf.sequential({
      name: "inner",
      layers: [
        layers.dense({ name: "a", inputShape: [4], units: 3 }),
        layers.dropout({ rate: 0.5 }),
      ],
    });
    const { description, values } = describeModel(
      tf.sequential({
        layers: [inner, layers.dense({ name: "b", units: 3, activation: "softmax" })],
      }),
    );
    const plan = planFor(description, { trainable: ["b"] });
    const request = { plan, weights: values, examples: rows(12, 4), random: testRandom(1) };
    const once = await trainer.train(request);
    const again = await trainer.train(request);
    expect(again.weights).toEqual(once.weights);
    expect(once.weights.subarray(0, 15)).toEqual(values.subarray(0, 15));
    trainer.dispose();
  });

  it("may accept inputs of any length", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const { description, values } = describeModel(
      tf.sequential({
        layers: [
          layers.conv1d({ inputShape: [null, 2] as number[], filters: 3, kernelSize: 2 }),
          layers.globalMaxPooling1d({}),
          layers.dense({ units: 3, activation: "softmax" }),
        ],
      }),
    );
    const plan = planFor(description);
    for (const length of [4, 6]) {
      const examples = { ...rows(6, 2 * length), featureShape: [length, 2] };
      await trainer.train({ plan, weights: values, examples, random: testRandom(1) });
    }
    const wrong = { ...rows(6, 6), featureShape: [3, 1, 2] };
    await expect(
      trainer.train({ plan, weights: values, examples: wrong, random: testRandom(1) }),
    ).rejects.toMatchObject({
      code: "EXAMPLES_INVALID",
      message: expect.stringContaining("[3, 1, 2], but the model takes [any, 2]"),
    });
    trainer.dispose();
  });

  it("must have one input and one output", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const input = tf.input({ shape: [4] });
    const outputs = [1, 2].map(
      (units) => layers.dense({ units }).apply(input) as tf.SymbolicTensor,
    );
    const { description, values } = describeModel(tf.model({ inputs: input, outputs }));
    const request = { plan: planFor(description), weights: values, examples: rows(3, 4) };
    await expect(trainer.evaluate(request)).rejects.toMatchObject({
      code: "MODEL_UNSUPPORTED",
      message: expect.stringContaining("2 outputs"),
    });
    trainer.dispose();
  });

  it("must have the parameters that the plan lists", async () => {
    const trainer = await createTfjsTrainer({ backend: "cpu" });
    const { description } = builtinModel("logistic-regression", testRandom(1));
    const [kernel, bias] = description.parameters;
    const transposed = { ...kernel!, shape: [10, 784] };
    const renamed = { ...bias!, name: "output/offset" };
    for (const parameters of [[transposed, bias!], [kernel!, renamed], [kernel!]]) {
      const size = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
      const plan = planFor({ ...description, parameters });
      await expect(
        trainer.evaluate({ plan, weights: new Float32Array(size), examples: squares(3) }),
      ).rejects.toMatchObject({ code: "MODEL_UNSUPPORTED" });
    }
    trainer.dispose();
  });
});

describe.skipIf(dataFolder === undefined)("a Keras model of MNIST", () => {
  it("has the published outputs and accuracy, and can be trained further", async () => {
    const folder = join(dataFolder!, "tfjs", "keras_mnist_cnn");
    const json = async (name: string): Promise<unknown> =>
      JSON.parse(await readFile(join(folder, name), "utf8"));
    const model = parseTfjsModel(await json("model.json"));
    const files = new Map<string, Uint8Array>();
    for (const path of model.groups.flatMap(({ paths }) => paths)) {
      files.set(path, await readFile(join(folder, path)));
    }
    const weights = readTfjsWeights(model, files);
    const expected = (await json("expected.json")) as { correct: number; first3_outputs: number[] };
    const unpacked = async (name: string): Promise<Uint8Array> =>
      gunzipSync(await readFile(join(dataFolder!, "mnist", name)));
    const pixels = (await unpacked("t10k-images-idx3-ubyte.gz")).subarray(16, 16 + 500 * 784);
    const labels = (await unpacked("t10k-labels-idx1-ubyte.gz")).subarray(8, 508);
    const examples: Examples = {
      features: Float32Array.from(pixels, (pixel) => pixel / 255),
      featureShape: [784],
      labels: Int32Array.from(labels),
      labelShape: [],
      count: 500,
    };

    const trainer = await createTfjsTrainer({ backend: "wasm" });
    const plan = planFor(model.description, {
      optimizer: { name: "sgd", learningRate: 0.001 },
      trainable: ["conv2d_4", "dense_2"],
    });
    const outputs = await trainer.predict({
      plan,
      weights,
      features: examples.features.subarray(0, 3 * 784),
      featureShape: [28, 28, 1],
      count: 3,
    });
    expected.first3_outputs.forEach((value, i) => expect(outputs[i]).toBeCloseTo(value, 6));
    const { accuracy } = await trainer.evaluate({ plan, weights, examples });
    expect(accuracy).toBe(expected.correct / 500);
    const few = {
      ...examples,
      features: examples.features.subarray(0, 20 * 784),
      labels: examples.labels.subarray(0, 20),
      count: 20,
    };
    const trained = await trainer.train({ plan, weights, examples: few, random: testRandom(1) });
    expect(trained.metrics["loss"]).toBeLessThan(0.5);
    expect(trained.weights).not.toEqual(weights);
    trainer.dispose();
  }, 60_000);
});
