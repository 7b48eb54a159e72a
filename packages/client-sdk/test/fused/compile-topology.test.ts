import * as tf from "@tensorflow/tfjs";
import { builtinModel, fixedModelNames } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { createTrainer } from "../../src/engine-choice/choose-engine.ts";
import { GroupNormalization } from "../../src/models/group-normalization.ts";
import { compileTopology } from "../../src/training/fused/compile/compile-topology.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { testRandom } from "../support/test-random.ts";

const { layers } = tf;

describe("compiling a topology", () => {
  it.each(fixedModelNames)("compiles the built-in model %s", (name) => {
    const { description } = builtinModel(name, testRandom(1));
    const model = compileTopology(planFor(description));
    expect(model).toMatchObject({ outputShape: [10], output: "softmax" });
  });

  const end = (): tf.layers.Layer => layers.dense({ units: 3, activation: "softmax", name: "end" });
  const REFUSED: Readonly<Record<string, () => tf.layers.Layer[]>> = {
    'odd (Dense): its activation is "log_softmax"': () => [
      layers.dense({
        inputShape: [4],
        units: 3,
        activation: "logSoftmax" as "softmax",
        name: "odd",
      }),
      end(),
    ],
    'odd (Dense): its kernel_constraint is {"class_name":"MaxNorm","config":{"max_value":1,"axis":1}}':
      () => [
        layers.dense({
          inputShape: [4],
          units: 3,
          kernelConstraint: tf.constraints.maxNorm({ maxValue: 1, axis: 1 }),
          name: "odd",
        }),
        end(),
      ],
    "odd (Conv2D): it is dilated and has strides": () => [
      layers.conv2d({
        ...{
          inputShape: [5, 5, 1],
          filters: 2,
          kernelSize: 2,
          dilationRate: 2,
          strides: 2,
          name: "odd",
        },
      }),
      layers.flatten(),
      end(),
    ],
    "odd (TimeDistributed): it has a mean and a variance for each moment": () => [
      layers.timeDistributed({
        ...{ layer: layers.batchNormalization({}), inputShape: [2, 4], name: "odd" },
      }),
      layers.flatten(),
      end(),
    ],
    "odd (GaussianNoise): it has no layer of this kind": () => [
      layers.gaussianNoise({ inputShape: [4], stddev: 1, name: "odd" }),
      end(),
    ],
  };

  it.each(Object.entries(REFUSED))("names the layer that it refuses: %s", (text, build) => {
    const { description } = describeModel(tf.sequential({ layers: build() }));
    expect(() => compileTopology(planFor(description))).toThrow(
      expect.objectContaining({
        code: "MODEL_UNSUPPORTED",
        message: expect.stringContaining(text) as string,
        context: { layer: "odd" },
      }),
    );
  });

  it.each([
    ["conv2d", "filters", 2],
    ["depthwise_conv2d", "depth_multiplier", 1],
    ["dense", "units", 3],
    ["embedding", "input_dim", 6],
    ["embedding", "output_dim", 4],
    ["lstm", "units", 2],
  ])("refuses a %s whose %s is not that of its parameters", (name, field, size) => {
    const image = [
      layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 2, name: "conv2d" }),
      layers.depthwiseConv2d({ kernelSize: 2, name: "depthwise_conv2d" }),
      layers.flatten(),
      layers.dense({ units: 3, name: "dense" }),
    ];
    const sequence = [
      layers.embedding({ inputShape: [5], inputDim: 6, outputDim: 4, name: "embedding" }),
      layers.lstm({ units: 2, recurrentInitializer: "zeros", name: "lstm" }),
    ];
    const inside = image.some((layer) => layer.name === name) ? image : sequence;
    const { description } = describeModel(tf.sequential({ layers: inside }));
    const text = JSON.stringify(description.topology);
    const topology = JSON.parse(
      text.replace(new RegExp(`"${field}":${size},`), `"${field}":7,`),
    ) as object;
    expect(JSON.stringify(topology)).not.toBe(text);
    const plan = planFor({ ...description, topology }, { loss: "meanSquaredError" });
    expect(() => compileTopology(plan)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          `${name} .*: its ${field} is 7 where its parameters`,
        ) as string,
        context: { layer: name },
      }),
    );
  });

  it.each([3, 0, 1.5, "many"])("refuses %j groups of 4 channels", (groups) => {
    const { description } = describeModel(
      tf.sequential({
        layers: [
          layers.dense({ inputShape: [4], units: 4 }),
          new GroupNormalization({ groups: 2, name: "odd" }),
          layers.dense({ units: 3, activation: "softmax" }),
        ],
      }),
    );
    const text = JSON.stringify(description.topology);
    const topology = JSON.parse(
      text.replace('"groups":2', `"groups":${JSON.stringify(groups)}`),
    ) as object;
    expect(() => compileTopology(planFor({ ...description, topology }))).toThrow(
      `its 4 channels are to be in ${JSON.stringify(groups)} groups`,
    );
  });

  it("puts the values of several inputs one after the other, and knows which are indices", () => {
    const [numbers, words] = [tf.input({ shape: [2, 2] }), tf.input({ shape: [3] })];
    const table = layers.embedding({ inputDim: 7, outputDim: 2 }).apply(words);
    const inputs = [numbers, table].map((input) => layers.flatten().apply(input));
    const joined = layers.concatenate().apply(inputs as tf.SymbolicTensor[]);
    const end = layers.dense({ units: 3 }).apply(joined) as tf.SymbolicTensor;
    const model = tf.model({ inputs: [numbers, words], outputs: end });
    expect(compileTopology(planFor(describeModel(model).description))).toMatchObject({
      inputShape: [7],
      indices: [{ offset: 4, size: 3, entries: 7 }],
    });
  });

  it("refuses a model with a parameter that no layer has", () => {
    const { description } = builtinModel("mlp-64", testRandom(1));
    const parameters = [...description.parameters, { name: "other/kernel", shape: [2] }];
    expect(() => compileTopology(planFor({ ...description, parameters }))).toThrow("other/kernel");
  });
});

describe("choosing an engine", () => {
  it("chooses the fused engine when it has all layers, and otherwise tfjs, with a reason", async () => {
    const trainer = await createTrainer();
    const { description } = builtinModel("mcmahan-cnn", testRandom(1));
    expect(await trainer.choose(planFor(description))).toEqual({
      engine: "fused",
      backend: "wasm",
      reason: "every layer of the model is supported",
    });
    const model = tf.sequential({
      layers: [
        layers.dense({
          inputShape: [4],
          units: 3,
          activation: "logSoftmax" as "softmax",
          name: "odd",
        }),
      ],
    });
    const plan = planFor(describeModel(model).description, { loss: "meanSquaredError" });
    const choice = await trainer.choose(plan);
    expect(choice.engine).toBe("tfjs");
    expect(choice.reason).toMatch(/the layer odd \(Dense\): its activation is "log_softmax"$/);
    trainer.dispose();
  });

  const OF_TFJS_ALONE: Readonly<Record<string, () => tf.layers.Layer>> = {
    Maximum: () => layers.maximum({ name: "odd" }),
    Minimum: () => layers.minimum({ name: "odd" }),
    Dot: () => layers.dot({ axes: 1, name: "odd" }),
    GaussianNoise: () => layers.gaussianNoise({ stddev: 0.1, name: "odd" }),
    GaussianDropout: () => layers.gaussianDropout({ rate: 0.1, name: "odd" }),
    AlphaDropout: () => layers.alphaDropout({ rate: 0.1, name: "odd" }),
  };

  it.each(Object.entries(OF_TFJS_ALONE))("has tfjs train a model with %s", async (kind, make) => {
    const input = tf.input({ shape: [4] });
    const inner = [1, 2].map(() => layers.dense({ units: 2 }).apply(input) as tf.SymbolicTensor);
    const odd = make().apply(/Noise|Dropout/.test(kind) ? inner[0]! : inner);
    const end = layers.dense({ units: 3, activation: "softmax" }).apply(odd) as tf.SymbolicTensor;
    const { description, values } = describeModel(tf.model({ inputs: input, outputs: end }));
    const plan = planFor(description);
    const trainer = await createTrainer();
    const choice = await trainer.choose(plan);
    expect(choice).toMatchObject({ engine: "tfjs", reason: expect.stringContaining(`(${kind})`) });
    const examples = {
      ...{ features: Float32Array.from({ length: 8 }, (_, i) => Math.sin(i)), featureShape: [4] },
      ...{ labels: Int32Array.of(0, 2), labelShape: [], count: 2 },
    };
    const { weights } = await trainer.train({
      ...{ plan, weights: values, examples, random: testRandom(1) },
    });
    expect(weights).not.toEqual(values);
    expect(weights.every(Number.isFinite)).toBe(true);
    trainer.dispose();
  });

  it("chooses tfjs for a large model when the app names a GPU backend", async () => {
    const trainer = await createTrainer({ backend: "webgl" });
    const { description } = builtinModel("mcmahan-2nn", testRandom(1));
    expect(await trainer.choose(planFor(description))).toMatchObject({ engine: "fused" });
    const { description: large } = builtinModel("mcmahan-cnn", testRandom(1));
    // Node has no WebGL, and the error shows that it was chosen.
    await expect(trainer.choose(planFor(large))).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
    });
    trainer.dispose();
  });

  it("uses the engine that the app names", async () => {
    const { description } = builtinModel("mlp-64", testRandom(1));
    for (const [options, expected] of [
      [
        { engine: "tfjs", backend: "cpu" },
        { engine: "tfjs", backend: "cpu" },
      ],
      [
        { engine: "fused", backend: "reference" },
        { engine: "fused", backend: "reference" },
      ],
    ] as const) {
      const trainer = await createTrainer(options);
      expect(await trainer.choose(planFor(description))).toMatchObject(expected);
      trainer.dispose();
    }
    const odd = describeModel(
      tf.sequential({
        layers: [
          layers.dense({ inputShape: [4], units: 3, activation: "logSoftmax" as "softmax" }),
        ],
      }),
    );
    const fused = await createTrainer({ engine: "fused" });
    const plan = planFor(odd.description, { loss: "meanSquaredError" });
    const request = { plan, weights: odd.values, features: new Float32Array(4), count: 1 };
    await expect(fused.predict({ ...request, featureShape: [4] })).rejects.toMatchObject({
      code: "MODEL_UNSUPPORTED",
    });
    fused.dispose();
  });

  it("refuses a backend that the engine does not have", async () => {
    await expect(createTrainer({ engine: "fused", backend: "cpu" })).rejects.toMatchObject({
      code: "BAD_PARAMETER",
    });
    await expect(createTrainer({ backend: "reference" })).rejects.toMatchObject({
      code: "BAD_PARAMETER",
    });
  });
});
