// Small models that are put together in the ways people put models together: branches that meet,
// layers that are used twice, models within models, values in another order.
import * as tf from "@tensorflow/tfjs";

const { layers } = tf;

type Tensor = tf.SymbolicTensor;

const apply = (layer: tf.layers.Layer, ...inputs: Tensor[]): Tensor =>
  layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Tensor;

/** A model with one input and one output. */
function functional(shape: number[], build: (input: Tensor) => Tensor): tf.LayersModel {
  const input = tf.input({ shape });
  return tf.model({ inputs: input, outputs: build(input) });
}

const softmaxEnd = (): tf.layers.Layer => layers.dense({ units: 3, activation: "softmax" });

/** Each model ends in 3 outputs. */
export const COMPOSED_MODELS: Readonly<Record<string, () => tf.LayersModel>> = {
  "curved activations": () =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [5], units: 9, activation: "elu" }),
        layers.dense({ units: 7, activation: "selu" }),
        layers.dense({ units: 6, activation: "swish" }),
        layers.dense({ units: 7, activation: "softplus" }),
        layers.dense({ units: 5, activation: "softsign" }),
        layers.dense({ units: 6, activation: "mish" }),
        softmaxEnd(),
      ],
    }),
  "activations with bounds": () =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [5], units: 9, activation: "relu6" }),
        layers.dense({ units: 7, activation: "hardSigmoid" }),
        layers.reLU({ maxValue: 0.6 }),
        layers.dense({ units: 6 }),
        layers.elu({}),
        softmaxEnd(),
      ],
    }),
  "branches that are multiplied, averaged and joined": () =>
    functional([6], (input) => {
      const [a, b, c] = (["tanh", "sigmoid", "linear"] as const).map((activation) =>
        apply(layers.dense({ units: 5, activation }), input),
      ) as [Tensor, Tensor, Tensor];
      const product = apply(layers.multiply(), a, b, c);
      const mean = apply(layers.average(), product, a, b);
      return apply(softmaxEnd(), apply(layers.concatenate(), mean, input, a));
    }),
  "channels weighed by a branch": () =>
    functional([5, 4, 2], (input) => {
      const image = apply(layers.conv2d({ filters: 6, kernelSize: 2, activation: "tanh" }), input);
      const squeezed = apply(layers.globalAveragePooling2d({}), image);
      const gate = apply(layers.dense({ units: 6, activation: "sigmoid" }), squeezed);
      const scaled = apply(
        layers.multiply(),
        image,
        apply(layers.reshape({ targetShape: [1, 1, 6] }), gate),
      );
      return apply(softmaxEnd(), apply(layers.flatten(), scaled));
    }),
  "images that are joined, turned and cut": () =>
    functional([6, 5, 2], (input) => {
      const convolved = apply(
        layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", activation: "tanh" }),
        input,
      );
      const joined = apply(layers.concatenate({ axis: 1 }), convolved, convolved);
      const turned = apply(layers.permute({ dims: [3, 1, 2] }), joined);
      const cut = apply(
        layers.cropping2D({
          cropping: [
            [1, 0],
            [2, 3],
          ],
        }),
        turned,
      );
      return apply(softmaxEnd(), apply(layers.flatten(), cut));
    }),
  "a vector that is repeated for each moment": () =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [4], units: 5, activation: "tanh" }),
        layers.repeatVector({ n: 3 }),
        layers.lstm({ units: 4 }),
        softmaxEnd(),
      ],
    }),
  "a layer and a model that are used twice": () => {
    const inner = functional([5], (input) =>
      apply(
        layers.dense({ units: 5 }),
        apply(layers.dense({ units: 4, activation: "tanh" }), input),
      ),
    );
    return functional([5], (input) => {
      const shared = layers.dense({ units: 5, activation: "sigmoid" });
      const once = apply(shared, apply(inner, input));
      const twice = apply(shared, apply(inner, once));
      return apply(softmaxEnd(), apply(layers.add(), once, twice));
    });
  },
  "a sequence of layers within another": () =>
    tf.sequential({
      layers: [
        tf.sequential({
          layers: [
            layers.conv2d({ inputShape: [5, 5, 1], filters: 2, kernelSize: 2, activation: "relu" }),
            layers.flatten(),
          ],
        }),
        layers.dense({ units: 4, activation: "tanh" }),
        softmaxEnd(),
      ],
    }),
  "convolutions of sequences": () =>
    tf.sequential({
      layers: [
        layers.conv1d({ inputShape: [13, 3], filters: 6, kernelSize: 4, activation: "tanh" }),
        layers.maxPooling1d({ poolSize: 2, padding: "same" }),
        layers.conv1d({ filters: 5, kernelSize: 3, strides: 2, padding: "same" }),
        layers.averagePooling1d({ poolSize: 2, strides: 1 }),
        layers.globalMaxPooling1d({}),
        softmaxEnd(),
      ],
    }),
  "separable convolutions": () =>
    tf.sequential({
      layers: [
        layers.separableConv2d({
          ...{ inputShape: [7, 6, 3], filters: 6, kernelSize: 3 },
          padding: "same",
          activation: "tanh",
        }),
        layers.separableConv2d({ filters: 4, kernelSize: 2, strides: 2 }),
        layers.globalAveragePooling2d({}),
        softmaxEnd(),
      ],
    }),
  "transposed convolutions": () =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [5], units: 12, activation: "tanh" }),
        layers.reshape({ targetShape: [2, 3, 2] }),
        layers.conv2dTranspose({ filters: 5, kernelSize: 3, strides: 2, padding: "same" }),
        layers.conv2dTranspose({ filters: 2, kernelSize: [2, 4], activation: "tanh" }),
        layers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 3, useBias: false }),
        layers.globalAveragePooling2d({}),
        softmaxEnd(),
      ],
    }),
  "batch normalisation": () =>
    tf.sequential({
      layers: [
        layers.batchNormalization({ inputShape: [5, 4, 2] }),
        layers.conv2d({ filters: 5, kernelSize: 2, useBias: false }),
        layers.batchNormalization({ momentum: 0.8, epsilon: 1e-2 }),
        layers.reLU(),
        layers.flatten(),
        layers.dense({ units: 6 }),
        layers.batchNormalization({}),
        softmaxEnd(),
      ],
    }),
  regularizers: () =>
    tf.sequential({
      layers: [
        layers.conv2d({
          ...{ inputShape: [4, 4, 1], filters: 4, kernelSize: 2 },
          kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }),
        }),
        layers.batchNormalization({ gammaRegularizer: tf.regularizers.l2({ l2: 0.1 }) }),
        layers.flatten(),
        layers.dense({
          ...{ units: 3, activation: "softmax" },
          biasRegularizer: tf.regularizers.l2({ l2: 0.03 }),
        }),
      ],
    }),
};
