// The layers that builtin models are made of, in the words that tfjs itself would write.
import type { ParameterShape } from "./parameter-layout.ts";

/** What a model's last layer makes of its sums: probabilities of classes, of a yes, or numbers. */
export type OutputActivation = "softmax" | "sigmoid" | "linear";

/** The settings of a layer, as tfjs writes them. */
interface LayerConfig {
  readonly name: string;
  readonly [setting: string]: unknown;
}

/** One layer: what the topology says of it, and the parameters that it has. */
export interface Layer {
  /** The layer's entry in the topology's `layers`. */
  readonly topology: { readonly class_name: string; readonly config: LayerConfig };
  /** In checkpoint order; empty for a layer without weights. */
  readonly parameters: readonly ParameterShape[];
}

/**
 * A fully connected layer. `inputShape`, without the batch, is given for a model's first layer
 * only.
 */
export function dense(
  name: string,
  shape: [inputs: number, units: number],
  activation: "relu" | "gelu" | OutputActivation,
  inputShape?: readonly number[],
): Layer {
  const [, units] = shape;
  return {
    topology: {
      class_name: "Dense",
      config: { units, activation, ...trained(name), ...input(inputShape) },
    },
    parameters: kernelAndBias(name, shape),
  };
}

/**
 * A convolution with relu that keeps height and width (`same` padding). Images are [height, width,
 * channels].
 */
export function convolution(
  name: string,
  shape: [height: number, width: number, channelsIn: number, filters: number],
  inputShape?: readonly number[],
): Layer {
  const [height, width, , filters] = shape;
  return {
    topology: {
      class_name: "Conv2D",
      config: {
        filters,
        kernel_size: [height, width],
        strides: [1, 1],
        padding: "same",
        data_format: "channels_last",
        dilation_rate: [1, 1],
        activation: "relu",
        ...trained(name),
        ...input(inputShape),
      },
    },
    parameters: kernelAndBias(name, shape),
  };
}

/** Takes the largest value of each 2 × 2 square, which halves height and width. */
export function pooling(name: string): Layer {
  return {
    topology: {
      class_name: "MaxPooling2D",
      config: {
        pool_size: [2, 2],
        padding: "valid",
        strides: [2, 2],
        data_format: "channels_last",
        name,
        trainable: true,
      },
    },
    parameters: [],
  };
}

/** Turns an image into a flat vector. */
export function flatten(name: string): Layer {
  return { topology: { class_name: "Flatten", config: { name, trainable: true } }, parameters: [] };
}

/** The settings that tfjs writes for every layer with a kernel and a bias, at their defaults. */
function trained(name: string): LayerConfig {
  return {
    use_bias: true,
    kernel_initializer: {
      class_name: "VarianceScaling",
      config: { scale: 1, mode: "fan_avg", distribution: "uniform", seed: null },
    },
    bias_initializer: { class_name: "Zeros", config: {} },
    kernel_regularizer: null,
    bias_regularizer: null,
    activity_regularizer: null,
    kernel_constraint: null,
    bias_constraint: null,
    name,
    trainable: true,
  };
}

/** The settings that tfjs writes for the first layer of a model; nothing for the others. */
function input(shape: readonly number[] | undefined): object {
  return shape === undefined ? {} : { batch_input_shape: [null, ...shape], dtype: "float32" };
}

/** Names and shapes of a layer's two parameters. The bias has one value for each output channel. */
function kernelAndBias(layer: string, shape: readonly number[]): readonly ParameterShape[] {
  return [kernelOf(layer, shape), biasOf(layer, [shape.at(-1) ?? 1])];
}

/** Name and shape of a kernel. */
export const kernelOf = (layer: string, shape: readonly number[]): ParameterShape => ({
  name: `${layer}/kernel`,
  shape,
});

/** Name and shape of what is added to the sums of a kernel. */
export const biasOf = (layer: string, shape: readonly number[]): ParameterShape => ({
  name: `${layer}/bias`,
  shape,
});
