// Models that need no file, for demonstrations, experiments and tests. Each is described as a tfjs
// Sequential model, in the words that tfjs itself would write, so that tfjs can load it.
import type { RandomSource } from "../random/random-source.ts";
import { TributaryError } from "../errors.ts";
import {
  convolution,
  dense,
  flatten,
  pooling,
  type Layer,
  type OutputActivation,
} from "./builtin-layers.ts";
import { freshModel, type BuiltinModel } from "./fresh-model.ts";

const FIXED_MODELS = {
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
 * The name of a builtin model of fixed sizes. All of them classify grey images of 28 × 28
 * pixels into 10 classes; inputs are in [0, 1].
 */
export type FixedModelName = keyof typeof FIXED_MODELS;

/** The names of the builtin models of fixed sizes, the smallest first. */
export const fixedModelNames = Object.keys(FIXED_MODELS) as readonly FixedModelName[];

/**
 * The names of all builtin models: those of fixed sizes, and those whose sizes a task gives.
 * `statistics` counts and learns nothing.
 */
export const builtinModelNames = [
  ...fixedModelNames,
  "mlp",
  "char-transformer",
  "statistics",
] as const;

/** The sizes of the builtin model `mlp`: dense layers, those between with ReLU. */
export interface MlpSizes {
  /** The number of values of one example. */
  readonly inputs: number;
  /** The number of units of each layer between, from the input on; none is a linear model. */
  readonly hidden: readonly number[];
  /** The number of classes, or of values to predict. */
  readonly outputs: number;
  readonly activation: OutputActivation;
}

/**
 * Makes a builtin model of fixed sizes, with fresh weights. The dense models take images as
 * flat [784], and `mcmahan-cnn` takes them as [28, 28, 1].
 * @param random - As of `freshModel`.
 * @throws TributaryError `MODEL_UNSUPPORTED` for a name that is not in `fixedModelNames`.
 */
export function builtinModel(name: string, random: RandomSource): BuiltinModel {
  if (isFixedModelName(name)) return inSequence(name, FIXED_MODELS[name], random);
  throw new TributaryError(
    "MODEL_UNSUPPORTED",
    `There is no builtin model named ${name.slice(0, 80)}`,
    { remedy: `Use one of ${fixedModelNames.join(", ")}, or the path of a model.json.` },
  );
}

/**
 * Makes the builtin model `mlp` with fresh weights.
 * @param random - As of `freshModel`.
 * @throws TributaryError `MODEL_UNSUPPORTED` when a size is not a whole number of at least 1, or the
 *   model has too many parameters.
 */
export function mlpModel(sizes: MlpSizes, random: RandomSource): BuiltinModel {
  const { inputs, hidden, outputs, activation } = sizes;
  const widths = [inputs, ...hidden];
  const layers = hidden.map((units, index) =>
    dense(
      `hidden_${index + 1}`,
      [widths[index]!, units],
      "relu",
      index === 0 ? [inputs] : undefined,
    ),
  );
  const output = dense(
    "output",
    [widths.at(-1)!, outputs],
    activation,
    hidden.length === 0 ? [inputs] : undefined,
  );
  return inSequence("mlp", [...layers, output], random);
}

/** Makes a model of layers each of which reads the one before it. */
function inSequence(name: string, layers: readonly Layer[], random: RandomSource): BuiltinModel {
  const topology = {
    class_name: "Sequential",
    config: { name: name.replaceAll("-", "_"), layers: layers.map((layer) => layer.topology) },
  };
  return freshModel({ topology, parameters: layers.flatMap((one) => one.parameters) }, random);
}

/** Whether a builtin model of fixed sizes has this name. */
function isFixedModelName(name: string): name is FixedModelName {
  return Object.hasOwn(FIXED_MODELS, name);
}
