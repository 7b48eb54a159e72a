import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";
import type { Examples } from "../../src/index.ts";

import { GroupNormalization } from "../../src/models/group-normalization.ts";
import { COMPOSED_MODELS } from "./composed-models.ts";
import { SEQUENCE_MODELS } from "./sequence-models.ts";

const { layers } = tf;

const slope = () => tf.initializers.constant({ value: 0.25 });

/** Models of odd sizes; each ends in 3 outputs unless it says otherwise. */
export const ODD_MODELS: Readonly<Record<string, () => tf.LayersModel>> = {
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
  GELU: () =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [5], units: 9, activation: "gelu" }),
        layers.dropout({ rate: 0 }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "slopes that are trained": () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [5, 4, 2], filters: 3, kernelSize: 2 }),
        layers.prelu({ alphaInitializer: slope(), sharedAxes: [1, 2] }),
        layers.conv2d({ filters: 3, kernelSize: 2 }),
        layers.prelu({
          alphaInitializer: slope(),
          alphaRegularizer: tf.regularizers.l2(),
          sharedAxes: [1],
        }),
        layers.flatten(),
        layers.dense({ units: 5 }),
        layers.prelu({ alphaInitializer: slope() }),
        layers.dense({ units: 3 }),
        layers.prelu({ alphaInitializer: slope(), sharedAxes: [1] }),
      ],
    }),
  "layer normalisation": () =>
    tf.sequential({
      layers: [
        layers.layerNormalization({ inputShape: [4, 5] }),
        layers.dense({ units: 6, activation: "tanh" }),
        layers.layerNormalization({ epsilon: 1e-2 }),
        layers.flatten(),
        layers.dense({ units: 7 }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "group normalisation": () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [5, 4, 2], filters: 6, kernelSize: 2, activation: "tanh" }),
        new GroupNormalization({ groups: 3 }),
        layers.conv2d({ filters: 4, kernelSize: 2 }),
        new GroupNormalization({ groups: -1, epsilon: 1e-2 }),
        layers.flatten(),
        layers.dense({ units: 8 }),
        new GroupNormalization({ groups: 2, scale: false }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "group normalisation of what comes in": () =>
    tf.sequential({
      layers: [
        new GroupNormalization({ groups: 2, inputShape: [3, 4], center: false }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "depthwise convolutions": () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [7, 6, 2], filters: 5, kernelSize: 2, activation: "tanh" }),
        layers.depthwiseConv2d({ kernelSize: 3, padding: "same", activation: "tanh" }),
        layers.depthwiseConv2d({ kernelSize: [2, 3], strides: 2, depthMultiplier: 2 }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "an LSTM that gives its last state": () =>
    tf.sequential({
      layers: [
        layers.lstm({ inputShape: [5, 3], units: 6, recurrentActivation: "sigmoid" }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "LSTMs over each other": () =>
    tf.sequential({
      layers: [
        layers.lstm({ inputShape: [4, 3], units: 7, returnSequences: true }),
        layers.lstm({ units: 5, returnSequences: true, useBias: false }),
        layers.lstm({ units: 9 }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "an LSTM of one moment": () =>
    tf.sequential({
      layers: [
        layers.lstm({ inputShape: [1, 3], units: 5 }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "GRUs over each other": () =>
    tf.sequential({
      layers: [
        layers.gru({ inputShape: [4, 3], units: 7, returnSequences: true }),
        layers.gru({ units: 5, returnSequences: true, recurrentActivation: "sigmoid" }),
        layers.gru({ units: 6 }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "the largest of a whole image": () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [5, 6, 1], filters: 6, kernelSize: 2, activation: "tanh" }),
        layers.globalMaxPooling2d({}),
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
  ...COMPOSED_MODELS,
  ...SEQUENCE_MODELS,
};

/** Examples that fit a plan's model. @param valueAt - Gives the features one after the other. */
export function examplesFor(
  plan: Plan,
  shape: readonly number[],
  count: number,
  valueAt = (place: number): number => Math.sin(1.7 * place),
): Examples {
  const size = shape.reduce((a, b) => a * b, 1);
  const features = Float32Array.from({ length: count * size }, (_, i) => valueAt(i));
  if (plan.training.loss.includes("ategorical")) {
    const labels = Int32Array.from({ length: count }, (_, i) => (2 * i) % 3);
    return { features, featureShape: shape, labels, labelShape: [], count };
  }
  const labels = Float32Array.from({ length: 3 * count }, (_, i) => 0.5 + 0.5 * Math.sin(2.3 * i));
  return { features, featureShape: shape, labels, labelShape: [3], count };
}
