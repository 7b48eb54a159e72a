import {
  builtinModel,
  fillGlorotUniform,
  layoutOf,
  transformerModel,
  xoshiro128,
  shapeSize,
  type ModelDescription,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
import type { Examples } from "@tributary/client-sdk";

/** A model whose training is measured, and random examples for it. */
export interface TrainModel {
  readonly description: ModelDescription;
  readonly values: Float32Array;
  readonly loss: Plan["training"]["loss"];
  examples(count: number, random: RandomSource): Examples;
}

/** The models that `bench train` knows, by name. */
export const TRAIN_MODELS: Readonly<Record<string, (random: RandomSource) => TrainModel>> = {
  "logistic-784-10": (random) => images(builtinModel("logistic-regression", random), [784]),
  "mcmahan-2nn": (random) => images(builtinModel("mcmahan-2nn", random), [784]),
  "mcmahan-cnn": (random) => images(builtinModel("mcmahan-cnn", random), [28, 28, 1]),
  "cifar-cnn": (random) => images(cifarCnn(random), [32, 32, 3]),
  "char-lstm": (random) => text(charLstm(random), { vocabulary: CHARACTERS, window: UNROLL }),
  "char-transformer": charTransformer,
};

type Model = Pick<TrainModel, "description" | "values">;

const CLASSES = 10;

function images(model: Model, featureShape: readonly number[]): TrainModel {
  const size = shapeSize(featureShape);
  return {
    ...model,
    loss: "sparseCategoricalCrossentropy",
    examples(count, random) {
      const next = xoshiro128(random.derive("examples").bytes(16));
      const features = Float32Array.from({ length: count * size }, () => next() / 2 ** 32);
      const labels = Int32Array.from({ length: count }, () => next() % CLASSES);
      return { features, featureShape, labels, labelShape: [], count };
    },
  };
}

/**
 * Two 3 × 3 convolutions with 32 and 64 channels, a pooling layer of 2 × 2, and dense layers 128 →
 * 10: 1,626,442 parameters.
 */
function cifarCnn(random: RandomSource): Model {
  const convolution = (name: string, filters: number, first = {}): object => ({
    class_name: "Conv2D",
    config: {
      ...{ name, filters, kernel_size: [3, 3], strides: [1, 1], padding: "valid" },
      ...{ activation: "relu", use_bias: true, ...first },
    },
  });
  const dense = (name: string, units: number, activation: string): object => ({
    class_name: "Dense",
    config: { name, units, activation, use_bias: true },
  });
  return initialised(
    [
      convolution("conv_1", 32, { batch_input_shape: [null, 32, 32, 3] }),
      convolution("conv_2", 64),
      {
        class_name: "MaxPooling2D",
        config: { name: "pool", pool_size: [2, 2], strides: [2, 2], padding: "valid" },
      },
      { class_name: "Flatten", config: { name: "flatten" } },
      dense("hidden", 128, "relu"),
      dense("output", CLASSES, "softmax"),
    ],
    {
      conv_1: { kernel: [3, 3, 3, 32], bias: [32] },
      conv_2: { kernel: [3, 3, 32, 64], bias: [64] },
      hidden: { kernel: [14 * 14 * 64, 128], bias: [128] },
      output: { kernel: [128, CLASSES], bias: [CLASSES] },
    },
    random,
  );
}

const CHARACTERS = 90;
const UNROLL = 80;

/**
 * Predicts the next character at each of 80 positions: an embedding of 8, two LSTMs of 256 units,
 * and a dense layer 256 → 90. It has 820,522 parameters (arXiv:1602.05629 §3, but with an output at
 * every character).
 */
function charLstm(random: RandomSource): Model {
  const lstm = (name: string): object => ({
    class_name: "LSTM",
    config: { name, units: 256, recurrent_activation: "sigmoid", return_sequences: true },
  });
  return initialised(
    [
      {
        class_name: "Embedding",
        config: {
          ...{ name: "embedding", input_dim: CHARACTERS, output_dim: 8 },
          batch_input_shape: [null, UNROLL],
        },
      },
      lstm("lstm_1"),
      lstm("lstm_2"),
      {
        class_name: "Dense",
        config: { name: "output", units: CHARACTERS, activation: "softmax", use_bias: true },
      },
    ],
    {
      embedding: { embeddings: [CHARACTERS, 8] },
      lstm_1: { kernel: [8, 1024], recurrent_kernel: [256, 1024], bias: [1024] },
      lstm_2: { kernel: [256, 1024], recurrent_kernel: [256, 1024], bias: [1024] },
      output: { kernel: [256, CHARACTERS], bias: [CHARACTERS] },
    },
    random,
  );
}

/**
 * The builtin `char-transformer` on bytes: 4 blocks of width 128 with 4 heads, over windows of 64.
 */
function charTransformer(random: RandomSource): TrainModel {
  const sizes = { vocabulary: 256, window: 64, width: 128, blocks: 4, heads: 4 };
  return text(transformerModel(sizes, random), sizes);
}

/** Random text in windows, with the next token at each position. */
function text(
  model: Model,
  { vocabulary, window }: { readonly vocabulary: number; readonly window: number },
): TrainModel {
  return {
    ...model,
    loss: "sparseCategoricalCrossentropy",
    examples(count, random) {
      const next = xoshiro128(random.derive("examples").bytes(16));
      const tokens = Int32Array.from({ length: count * window + 1 }, () => next() % vocabulary);
      return {
        ...{ features: Float32Array.from(tokens.subarray(0, -1)), featureShape: [window], count },
        ...{ labels: tokens.slice(1), labelShape: [window] },
      };
    },
  };
}

type Shapes = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/** Draws the kernels by Glorot's uniform rule. All biases are 0. */
function initialised(layers: readonly object[], shapes: Shapes, random: RandomSource): Model {
  const parameters = Object.entries(shapes).flatMap(([layer, weights]) =>
    Object.entries(weights).map(([name, shape]) => ({ name: `${layer}/${name}`, shape })),
  );
  const layout = layoutOf(parameters);
  const values = new Float32Array(layout.size);
  for (const { name, shape, offset, size } of layout.parameters) {
    if (name.endsWith("bias")) continue;
    fillGlorotUniform(values.subarray(offset, offset + size), shape, random.derive(name));
  }
  const topology = { class_name: "Sequential", config: { name: "bench", layers } };
  return { description: { topology, parameters }, values };
}
