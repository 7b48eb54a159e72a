import * as tf from "@tensorflow/tfjs";
import { GroupNormalization } from "../../src/models/group-normalization.ts";
import { MultiHeadAttention } from "../../src/models/multi-head-attention.ts";

const { layers } = tf;
type Layer = tf.layers.Layer;

/** Shapes of one input. */
export const image = [6, 5, 2] as const;
const sequence = [5, 3] as const;

/** One kind of layer at work between an input of a shape and a classifier. */
export const LAYER_CASES: readonly [
  name: string,
  inputShape: readonly number[],
  make: () => Layer[],
][] = [
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
  ).map((activation): (typeof LAYER_CASES)[number] => [
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
    "attention",
    sequence,
    () => [
      layers.dense({ units: 4 }),
      new MultiHeadAttention({ numHeads: 2, keyDim: 3, dropout: 0.2 }),
      new MultiHeadAttention({ numHeads: 3, keyDim: 2, valueDim: 1, useCausalMask: true }),
    ],
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
  [
    "normalizations without scale or center",
    image,
    () => [
      layers.conv2d({ filters: 3, kernelSize: 2 }),
      layers.layerNormalization({ epsilon: 0.1, center: false }),
      layers.batchNormalization({ scale: false }),
    ],
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
    "embedding with a mask",
    [4],
    () => [
      layers.embedding({ inputDim: 4, outputDim: 3, maskZero: true }),
      layers.lstm({ units: 3, recurrentInitializer: "glorotUniform" }),
    ],
  ],
  [
    "embedding with a mask, and its mean",
    [5],
    () => [
      layers.embedding({ inputDim: 4, outputDim: 3, maskZero: true }),
      layers.globalAveragePooling1d(),
    ],
  ],
  [
    "simpleRNN",
    sequence,
    () => [layers.simpleRNN({ units: 4, recurrentInitializer: "glorotUniform" })],
  ],
  ["gru", sequence, () => [layers.gru({ units: 3, recurrentInitializer: "glorotUniform" })]],
  [
    "recurrent layers with dropout",
    sequence,
    () => [
      layers.gru({ units: 4, dropout: 0.3, recurrentDropout: 0.4, returnSequences: true }),
      layers.lstm({ units: 4, dropout: 0.2, recurrentDropout: 0.4, returnSequences: true }),
      layers.simpleRNN({ units: 4, recurrentDropout: 0.4 }),
    ],
  ],
  [
    "cells over each other, with dropout",
    sequence,
    () => [
      layers.rnn({
        cell: [
          layers.gruCell({ units: 4, recurrentDropout: 0.4 }),
          layers.lstmCell({ units: 3, dropout: 0.3 }),
        ],
      }),
    ],
  ],
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

/**
 * The model of a case: its layers, and a dense layer with three outputs.
 * @param activation - Of the dense layer.
 */
export function caseModel(
  [, inputShape, make]: (typeof LAYER_CASES)[number],
  activation: "softmax" | "linear" = "softmax",
): tf.LayersModel {
  const input = tf.input({ shape: [...inputShape] });
  const apply = (symbol: tf.SymbolicTensor, layer: Layer): tf.SymbolicTensor =>
    layer.apply(symbol) as tf.SymbolicTensor;
  const middle = make().reduce(apply, input);
  const flat = middle.shape.length > 2 ? apply(middle, layers.flatten()) : middle;
  return tf.model({ inputs: input, outputs: apply(flat, layers.dense({ units: 3, activation })) });
}
