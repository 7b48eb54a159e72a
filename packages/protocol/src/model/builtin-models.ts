// Models that need no file, for demonstrations, experiments and tests. Each is described as a tfjs
// Sequential model, in the words that tfjs itself would write, so that tfjs can load it.
import type { RandomSource } from "../random/random-source.ts";
import { TributaryError } from "../errors.ts";
import { fillGlorotUniform } from "./glorot-uniform.ts";
import { layoutOf, type ParameterShape } from "./parameter-layout.ts";
import type { ModelDescription } from "./tfjs-model.ts";

/** One layer: what the topology says of it, and the parameters that it has. */
interface Layer {
  /** The layer's entry in the topology's `layers`. */
  readonly topology: { readonly class_name: string; readonly config: object };
  /** In checkpoint order; empty for a layer without weights. */
  readonly parameters: readonly ParameterShape[];
}

const BUILTIN_MODELS = {
  /** 784 inputs → 10 classes, softmax: 7,850 parameters. */
  "logistic-regression": [dense("output", [784, 10], "softmax", [784])],
  /** 784 → 64 → 10: 50,890 parameters. Small and quick, for demonstrations. */
  "mlp-64": [dense("hidden", [784, 64], "relu", [784]), dense("output", [64, 10], "softmax")],
  /** 784 → 200 → 200 → 10: 199,210 parameters (the "2NN" of arXiv:1602.05629 §3). */
  "mcmahan-2nn": [
    dense("hidden_1", [784, 200], "relu", [784]),
    dense("hidden_2", [200, 200], "relu"),
    dense("output", [200, 10], "softmax"),
  ],
  /**
   * Two 5×5 convolutions of 32 and 64 channels, each pooled by 2, then 512 units and 10 classes:
   * 1,663,370 parameters (the "CNN" of arXiv:1602.05629 §3).
   */
  "mcmahan-cnn": [
    convolution("conv_1", [5, 5, 1, 32], [28, 28, 1]),
    pooling("pool_1"),
    convolution("conv_2", [5, 5, 32, 64]),
    pooling("pool_2"),
    flatten("flatten"),
    dense("hidden", [3136, 512], "relu"),
    dense("output", [512, 10], "softmax"),
  ],
} satisfies Record<string, readonly Layer[]>;

/**
 * The name of a builtin model. All of them classify grey images of 28 × 28 pixels into 10 classes;
 * inputs are in [0, 1].
 */
export type BuiltinModelName = keyof typeof BUILTIN_MODELS;

/** The names of all builtin models, the smallest first. */
export const builtinModelNames: readonly BuiltinModelName[] = Object.keys(
  BUILTIN_MODELS,
) as BuiltinModelName[];

/** A builtin model with fresh weights. */
export interface BuiltinModel {
  readonly description: ModelDescription;
  /**
   * Initial parameters, Float32, shape [d] in checkpoint order: kernels are Glorot uniform, biases
   * are zero.
   */
  readonly values: Float32Array;
}

/**
 * Makes a builtin model with fresh weights. The dense models take images as flat [784], and
 * `mcmahan-cnn` takes them as [28, 28, 1].
 * @param random - Each kernel draws from a child of it that is named after the kernel. So a kernel
 * depends on the seed, its name and its shape, and not on the other layers.
 * @throws TributaryError `MODEL_UNSUPPORTED` for a name that is not in `builtinModelNames`.
 */
export function builtinModel(name: string, random: RandomSource): BuiltinModel {
  if (!isBuiltinModelName(name)) {
    throw new TributaryError(
      "MODEL_UNSUPPORTED",
      `There is no builtin model named ${name.slice(0, 80)}`,
      {
        remedy: `Use one of ${builtinModelNames.join(", ")}, or the path of a model.json.`,
      },
    );
  }
  const layers: readonly Layer[] = BUILTIN_MODELS[name];
  const description: ModelDescription = {
    topology: {
      class_name: "Sequential",
      config: { name: name.replaceAll("-", "_"), layers: layers.map(({ topology }) => topology) },
    },
    parameters: layers.flatMap(({ parameters }) => parameters),
  };
  const layout = layoutOf(description.parameters);
  const values = new Float32Array(layout.size);
  for (const { name: parameter, shape, offset, size } of layout.parameters) {
    if (!parameter.endsWith("/kernel")) continue;
    fillGlorotUniform(
      values.subarray(offset, offset + size),
      shape,
      random.derive(`initial ${parameter}`),
    );
  }
  return { description, values };
}

/** Whether a builtin model has this name. */
export function isBuiltinModelName(name: string): name is BuiltinModelName {
  return Object.hasOwn(BUILTIN_MODELS, name);
}

/**
 * A fully connected layer. `inputShape`, without the batch, is given for a model's first layer
 * only.
 */
function dense(
  name: string,
  shape: [inputs: number, units: number],
  activation: "relu" | "softmax",
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
function convolution(
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
function pooling(name: string): Layer {
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
function flatten(name: string): Layer {
  return { topology: { class_name: "Flatten", config: { name, trainable: true } }, parameters: [] };
}

/** The settings that tfjs writes for every layer with a kernel and a bias, at their defaults. */
function trained(name: string): object {
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
  return [
    { name: `${layer}/kernel`, shape },
    { name: `${layer}/bias`, shape: [shape.at(-1) ?? 1] },
  ];
}
