import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { Examples } from "../src/index.ts";
import { createTfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { describeModel, planFor } from "./support/model-task.ts";
import { testRandom } from "./support/test-random.ts";
import { GroupNormalization } from "../src/models/group-normalization.ts";

const { layers } = tf;
type Layer = tf.layers.Layer;

function examplesOf(featureShape: readonly number[], whole: boolean): Examples {
  const count = 7;
  const size = featureShape.reduce((product, length) => product * length, 1);
  const value = (i: number): number => (whole ? (i * 5) % 4 : Math.sin(1.9 * i));
  return {
    features: Float32Array.from({ length: count * size }, (_, i) => value(i)),
    featureShape,
    labels: Int32Array.from({ length: count }, (_, i) => i % 3),
    labelShape: [],
    count,
  };
}

const image = [6, 5, 2] as const;
const sequence = [5, 3] as const;

/** One layer at work between an input of a shape and a classifier. */
const cases: readonly [name: string, inputShape: readonly number[], make: () => Layer[]][] = [
  ...(
    [
      "elu",
      "relu6",
      "selu",
      "sigmoid",
      "softplus",
      "softsign",
      "swish",
      "mish",
      "tanh",
      "hardSigmoid",
    ] as const
  ).map((activation): (typeof cases)[number] => [
    `dense with ${activation}`,
    [4],
    () => [layers.dense({ units: 6, activation })],
  ]),
  [
    "dense with regularisers",
    [4],
    () => [
      layers.dense({ units: 6, kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }) }),
    ],
  ],
  ["leakyReLU", [4], () => [layers.dense({ units: 5 }), layers.leakyReLU()]],
  ["prelu", [4], () => [layers.dense({ units: 5 }), layers.prelu()]],
  ["conv1d", sequence, () => [layers.conv1d({ filters: 4, kernelSize: 3 })]],
  [
    "conv2d",
    image,
    () => [
      layers.conv2d({ filters: 3, kernelSize: 3, activation: "tanh" }),
      layers.conv2d({ filters: 2, kernelSize: 2, padding: "same" }),
    ],
  ],
  [
    "conv2d with strides",
    image,
    () => [
      layers.conv2d({ filters: 3, kernelSize: 1 }),
      layers.conv2d({ filters: 3, kernelSize: [1, 2], strides: 2, padding: "same" }),
    ],
  ],
  [
    "conv2dTranspose",
    image,
    () => [
      layers.conv2d({ filters: 2, kernelSize: 1 }),
      layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: "same" }),
    ],
  ],
  [
    "depthwiseConv2d",
    image,
    () => [
      layers.conv2d({ filters: 2, kernelSize: 1 }),
      layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }),
    ],
  ],
  ["separableConv2d", image, () => [layers.separableConv2d({ filters: 4, kernelSize: 2 })]],
  [
    "maxPooling2d",
    image,
    () => [
      layers.conv2d({ filters: 3, kernelSize: 2 }),
      layers.maxPooling2d({ poolSize: 2, padding: "same" }),
    ],
  ],
  [
    "averagePooling2d",
    image,
    () => [layers.conv2d({ filters: 3, kernelSize: 2 }), layers.averagePooling2d({ poolSize: 2 })],
  ],
  [
    "global pooling",
    image,
    () => [layers.conv2d({ filters: 3, kernelSize: 2 }), layers.globalMaxPooling2d({})],
  ],
  [
    "zeroPadding2d and cropping2D",
    image,
    () => [
      layers.conv2d({ filters: 2, kernelSize: 1 }),
      layers.zeroPadding2d({ padding: 1 }),
      layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 1],
        ],
      }),
    ],
  ],
  [
    "batchNormalization",
    image,
    () => [layers.conv2d({ filters: 3, kernelSize: 2 }), layers.batchNormalization({})],
  ],
  ["layerNormalization", [4], () => [layers.dense({ units: 5 }), layers.layerNormalization({})]],
  [
    "groupNormalization",
    image,
    () => [
      layers.conv2d({ filters: 4, kernelSize: 2 }),
      new GroupNormalization({ groups: 2 }),
      layers.conv2d({ filters: 3, kernelSize: 2 }),
    ],
  ],
  [
    "permute, reshape and repeatVector",
    sequence,
    () => [
      layers.dense({ units: 2 }),
      layers.permute({ dims: [2, 1] }),
      layers.reshape({ targetShape: [10] }),
      layers.repeatVector({ n: 2 }),
    ],
  ],
  ["embedding", [4], () => [layers.embedding({ inputDim: 4, outputDim: 3 })]],
  [
    "simpleRNN",
    sequence,
    () => [layers.simpleRNN({ units: 4, recurrentInitializer: "glorotUniform" })],
  ],
  ["gru", sequence, () => [layers.gru({ units: 3, recurrentInitializer: "glorotUniform" })]],
  [
    "lstm",
    sequence,
    () => [
      layers.lstm({ units: 3, recurrentInitializer: "glorotUniform", returnSequences: true }),
      layers.lstm({ units: 2, recurrentInitializer: "glorotUniform" }),
    ],
  ],
  [
    "bidirectional",
    sequence,
    () => [
      layers.bidirectional({
        layer: layers.gru({ units: 2, recurrentInitializer: "glorotUniform" }),
        mergeMode: "concat",
      }),
    ],
  ],
  [
    "timeDistributed",
    sequence,
    () => [layers.timeDistributed({ layer: layers.dense({ units: 4 }) })],
  ],
];

describe("every trainable kind of layer", () => {
  it.each(cases)(
    "%s trains to nearly the same weights on wasm and cpu",
    async (name, inputShape, make) => {
      const trained: Float32Array[] = [];
      const examples = examplesOf(inputShape, name === "embedding");
      for (const backend of ["cpu", "wasm"] as const) {
        const trainer = await createTfjsTrainer({ backend });
        const input = tf.input({ shape: [...inputShape] });
        const apply = (symbol: tf.SymbolicTensor, layer: Layer): tf.SymbolicTensor =>
          layer.apply(symbol) as tf.SymbolicTensor;
        const middle = make().reduce(apply, input);
        const flat = middle.shape.length > 2 ? apply(middle, layers.flatten()) : middle;
        const end = apply(flat, layers.dense({ units: 3, activation: "softmax" }));
        const { description, values } = describeModel(tf.model({ inputs: input, outputs: end }));
        const plan = planFor(description, { batchSize: 3, localEpochs: 2 });
        const { weights } = await trainer.train({
          plan,
          weights: values,
          examples,
          random: testRandom(1),
        });
        for (const [i, { name: parameter, shape }] of description.parameters.entries()) {
          const size = shape.reduce((product, length) => product * length, 1);
          const offset = description.parameters
            .slice(0, i)
            .reduce(
              (sum, other) => sum + other.shape.reduce((product, length) => product * length, 1),
              0,
            );
          const moved = weights
            .subarray(offset, offset + size)
            .some((value, j) => value !== values[offset + j]);
          expect(moved, parameter).toBe(true);
        }
        trained.push(weights);
        trainer.dispose();
      }
      const [cpu, wasm] = trained;
      const furthest = Math.max(...cpu!.map((value, i) => Math.abs(value - wasm![i]!)));
      expect(furthest).toBeLessThan(2e-5);
    },
  );
});

describe("upSampling2d", () => {
  it("is refused on cpu, where tfjs computes wrong gradients for it, and trained on wasm", async () => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [...image], filters: 2, kernelSize: 2 }),
        layers.upSampling2d({ size: [2, 2] }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    });
    const { description, values } = describeModel(model);
    const optimizer = { name: "sgd", learningRate: 0.01 } as const;
    const plan = planFor(description, { optimizer });
    const examples = examplesOf(image, false);
    const request = { plan, weights: values, examples, random: testRandom(1) };
    const cpu = await createTfjsTrainer({ backend: "cpu" });
    await expect(cpu.train(request)).rejects.toMatchObject({ code: "MODEL_UNSUPPORTED" });
    const before = await cpu.evaluate(request);
    const wasm = await createTfjsTrainer({ backend: "wasm" });
    const { weights } = await wasm.train(request);
    expect((await wasm.evaluate({ ...request, weights }))["loss"]).toBeLessThan(before["loss"]!);
    cpu.dispose();
    wasm.dispose();
  });
});
