// A model as the fused trainer uses it: a list of nodes in the order in which they are computed.
// Each node is a single operation.

/** An activation that a node can compute. Softmax goes over the last axis. */
export type Activation =
  | { readonly name: PlainActivation }
  /** The slope is that below 0. */
  | { readonly name: "leakyRelu"; readonly slope: number }
  /** The input itself, but never below `low` or above `high`. */
  | { readonly name: "clip"; readonly low: number; readonly high: number }
  /** See `ActivationKernels.elu`. */
  | { readonly name: "elu"; readonly alpha: number; readonly scale: number };

/** The activations that have no numbers to choose. */
export type PlainActivation =
  | "relu"
  | "tanh"
  | "sigmoid"
  | "gelu"
  | "approximateGelu"
  | "swish"
  | "softplus"
  | "softsign"
  | "mish"
  | "softmax";

/** The activations of the gates and of what a recurrent cell gives. */
export type CellActivation = "tanh" | "sigmoid" | "hardSigmoid" | "relu" | "linear";

/** What a node computes. Parameters have the names that the plan gives them. */
export type LayerOperation =
  | { readonly kind: "dense"; readonly kernel: string; readonly bias: string | undefined }
  | {
      /**
       * A transposed convolution goes the way of the gradient of a convolution's input: its filter
       * moves over the output, and each window is given by a pixel of the input.
       */
      readonly kind: "convolution" | "depthwise" | "transposedConvolution";
      readonly kernel: string;
      readonly bias: string | undefined;
      /** The height and width of the filter without its gaps. */
      readonly size: Pair;
      readonly steps: Pair;
      readonly padding: "same" | "valid";
      /** How many pixels it is from one weight to the next. Above 1, there are gaps between them. */
      readonly dilation: Pair;
      /** The last size of the kernel: how many values each pixel of a window is turned into. */
      readonly depth: number;
    }
  | {
      readonly kind: "pooling";
      readonly mode: "max" | "average";
      readonly size: Pair;
      readonly steps: Pair;
      readonly padding: "same" | "valid";
    }
  | {
      readonly kind: "recurrent";
      readonly cell: RecurrentCellName;
      readonly kernel: string;
      readonly recurrentKernel: string;
      readonly bias: string | undefined;
      /** Whether the output is the state at every moment, or the state at the last moment only. */
      readonly sequences: boolean;
      /** The activation of the candidate and of the output. */
      readonly activation: CellActivation;
      /** The activation of the gates, which a simple cell does not have. */
      readonly gateActivation: CellActivation;
      /** The share of the state's units that are dropped before the recurrent kernel. */
      readonly stateDropout: number;
    }
  | { readonly kind: "embedding"; readonly table: string; readonly entries: number }
  /** The rows of a table for the positions of a sequence. */
  | { readonly kind: "positions"; readonly table: string; readonly entries: number }
  /** Reads the queries, the keys and the values of all heads. */
  | {
      readonly kind: "attention";
      readonly heads: number;
      /** Whether a moment attends to itself and to earlier ones only. */
      readonly causal: boolean;
      /** The share of the weights that is dropped in training. */
      readonly dropout: number;
    }
  | { readonly kind: "zeroPadding"; readonly vertical: Pair; readonly horizontal: Pair }
  | ({ readonly kind: "activation" } & Activation)
  | {
      /** A ReLU whose slopes below 0 are trained. */
      readonly kind: "prelu";
      readonly slopes: string;
      /** How many slopes there are: one for each value of an example, or of its last axes. */
      readonly columns: number;
    }
  | {
      readonly kind: "groupNorm";
      /** The number of groups of channels. Each group is normalised on its own. */
      readonly groups: number;
      /**
       * Whether all pixels of an example are normalised together. Otherwise each pixel is
       * normalised on its own, which with one group is layer normalisation.
       */
      readonly overPixels: boolean;
      readonly gamma: string | undefined;
      readonly beta: string | undefined;
      readonly epsilon: number;
    }
  /** Batch normalisation. Its averages are parameters that follow the batches. */
  | {
      readonly kind: "batchNorm";
      /** Whether it takes mean and variance of a training batch, and its averages follow them. */
      readonly isTrained: boolean;
      readonly mean: string;
      readonly variance: string;
      /** How much of an average stays after a batch, from 0 to 1. */
      readonly momentum: number;
      readonly gamma: string | undefined;
      readonly beta: string | undefined;
      readonly epsilon: number;
    }
  | { readonly kind: "dropout"; readonly rate: number }
  /** A dropout that drops the same channels at every moment of a sequence. */
  | { readonly kind: "momentDropout"; readonly rate: number }
  /** Says which moments of a sequence count: those where any value differs from this one. */
  | { readonly kind: "mask"; readonly value: number }
  /** The mean of those moments of a sequence that count. Reads the sequence, and what counts. */
  | { readonly kind: "countedMean" }
  /** The same values under another shape. */
  | { readonly kind: "reshape" }
  /** An operation that is applied to every moment of a sequence. */
  | { readonly kind: "eachMoment"; readonly moments: number; readonly operation: LayerOperation }
  | { readonly kind: "add" }
  /** The product of all inputs, value by value. */
  | { readonly kind: "multiply" }
  /** Every value times a factor, plus a term. There is one of each for every channel. */
  | {
      readonly kind: "scale";
      readonly factors: readonly number[];
      readonly terms: readonly number[];
    }
  /** Copies of values, and zeros where nothing is copied to. */
  | { readonly kind: "arrange"; readonly copies: readonly Copy[] };

/** Values that a node copies from one of its inputs, along three axes. */
export interface Copy {
  /** The number of the input among those of the node. */
  readonly input: number;
  readonly sizes: Axes;
  readonly from: Course;
  readonly to: Course;
}

/** A number for each of the axes of a copy. */
export type Axes = readonly [outer: number, middle: number, inner: number];

/** Where values lie within one example. */
export interface Course {
  /** How many values come before the first one. */
  readonly offset: number;
  /** How many values it is to the next one along each axis. It may be 0 or negative. */
  readonly strides: Axes;
}

/** A convolution, a depthwise or a transposed one. */
export type WindowOperation = Extract<LayerOperation, { size: Pair; kernel: string }>;

/** The kinds of recurrent layers. A GRU's reset acts before or after the state is multiplied. */
export type RecurrentCellName = "lstm" | "gru" | "resetAfterGru" | "simple";

/** How many gates a unit has. A simple cell has one sum, which counts as a gate. */
export const GATES_PER_UNIT: Readonly<Record<RecurrentCellName, number>> = {
  ...{ lstm: 4, gru: 3, resetAfterGru: 3, simple: 1 },
};

/** A number for the height and a number for the width, in this order. */
export type Pair = readonly [number, number];

/** Gives the names of the parameters that an operation can have gradients for. */
export function parametersOf(operation: LayerOperation): readonly string[] {
  switch (operation.kind) {
    case "dense":
    case "convolution":
    case "depthwise":
    case "transposedConvolution":
      return [operation.kernel, operation.bias].filter((name) => name !== undefined);
    case "recurrent":
      return [operation.kernel, operation.recurrentKernel, operation.bias].filter(
        (name) => name !== undefined,
      );
    case "groupNorm":
    case "batchNorm":
      return [operation.gamma, operation.beta].filter((name) => name !== undefined);
    case "embedding":
    case "positions":
      return [operation.table];
    case "prelu":
      return [operation.slopes];
    case "eachMoment":
      return parametersOf(operation.operation);
    default:
      return [];
  }
}

/** Gives the names of the parameters that no gradient moves: averages that follow the batches. */
export function statisticsOf(operation: LayerOperation): readonly string[] {
  if (operation.kind === "eachMoment") return statisticsOf(operation.operation);
  return operation.kind === "batchNorm" ? [operation.mean, operation.variance] : [];
}

/** What is added to the loss for the values w of a parameter: Σ l1 · |w| + l2 · w². */
export interface ParameterPenalty {
  readonly parameter: string;
  readonly l1: number;
  readonly l2: number;
}

/**
 * What holds for a parameter after every step: its values are not negative, or the norm of each of
 * its columns lies between two bounds, or is moved towards them by a rate from 0 to 1.
 */
export type ParameterBound =
  | { readonly parameter: string; readonly kind: "nonNegative" }
  | {
      readonly parameter: string;
      readonly kind: "norm";
      readonly columns: number;
      readonly low: number;
      readonly high: number;
      readonly rate: number;
    };

/** A node of a model. */
export interface LayerNode {
  /** The name of the layer that it comes from. A layer with an activation makes two nodes. */
  readonly layer: string;
  readonly operation: LayerOperation;
  /** The numbers of the nodes whose outputs it reads. −1 is the input of the model. */
  readonly inputs: readonly number[];
  /** The shape of the output for one example. */
  readonly shape: readonly number[];
}

/** The last activation of a model, which the loss computes: the last node gives logits. */
export type OutputActivation = "softmax" | "sigmoid" | "linear";

/** Values of an example that are indices into a table of so many entries. */
export interface IndexRange {
  /** How many values of the example come before them. */
  readonly offset: number;
  readonly size: number;
  readonly entries: number;
}

/** A model that the fused trainer can train. */
export interface CompiledModel {
  /** The shape of one example. The values of several inputs lie one after the other. */
  readonly inputShape: readonly number[];
  readonly indices: readonly IndexRange[];
  readonly outputShape: readonly number[];
  /** The last node gives what `output` is still to be applied to. */
  readonly nodes: readonly LayerNode[];
  readonly output: OutputActivation;
  /**
   * Whether a cross-entropy is that of the logits. Otherwise it takes the outputs for probabilities.
   */
  readonly givesLogits: boolean;
  readonly penalties: readonly ParameterPenalty[];
  readonly bounds: readonly ParameterBound[];
}
