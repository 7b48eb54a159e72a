// A model as the fused trainer takes it: nodes in the order in which they are computed, each a
// single operation.

/** Activations between layers. */
export type ActivationName =
  | "relu"
  | "leakyRelu"
  | "tanh"
  | "sigmoid"
  | "gelu"
  | "approximateGelu"
  | "softmax";

/** Parameters are named as in the plan. */
export type LayerOperation =
  | { readonly kind: "dense"; readonly kernel: string; readonly bias: string | undefined }
  | {
      readonly kind: "convolution" | "depthwise";
      readonly kernel: string;
      readonly bias: string | undefined;
      readonly size: Pair;
      readonly steps: Pair;
      readonly padding: "same" | "valid";
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
      readonly cell: "lstm" | "gru";
      readonly kernel: string;
      readonly recurrentKernel: string;
      readonly bias: string | undefined;
      /** Whether it gives its state at every moment, or at the last one only. */
      readonly sequences: boolean;
      /** Gates are hard sigmoids: 0.2 x + 0.5 within [0, 1]. */
      readonly hardGates: boolean;
    }
  | { readonly kind: "embedding"; readonly table: string; readonly entries: number }
  | { readonly kind: "zeroPadding"; readonly vertical: Pair; readonly horizontal: Pair }
  | { readonly kind: "activation"; readonly name: ActivationName; readonly slope: number }
  | {
      readonly kind: "groupNorm";
      /** Groups of channels that are normalised, each on its own. */
      readonly groups: number;
      /**
       * Whether all pixels of an example are normalised together, or each on its own: layer
       * normalisation, with one group.
       */
      readonly overPixels: boolean;
      readonly gamma: string | undefined;
      readonly beta: string | undefined;
      readonly epsilon: number;
    }
  /** By the averages that it was given: nothing of it is trained. */
  | {
      readonly kind: "batchNorm";
      readonly mean: string;
      readonly variance: string;
      readonly gamma: string | undefined;
      readonly beta: string | undefined;
      readonly epsilon: number;
    }
  | { readonly kind: "dropout"; readonly rate: number }
  /** The same values under another shape. */
  | { readonly kind: "reshape" }
  | { readonly kind: "add" };

/** Height first. */
export type Pair = readonly [number, number];

/** Names of the parameters that an operation has gradients for. */
export function parametersOf(operation: LayerOperation): readonly string[] {
  switch (operation.kind) {
    case "dense":
    case "convolution":
    case "depthwise":
      return [operation.kernel, operation.bias].filter((name) => name !== undefined);
    case "recurrent":
      return [operation.kernel, operation.recurrentKernel, operation.bias].filter(
        (name) => name !== undefined,
      );
    case "groupNorm":
    case "batchNorm":
      return [operation.gamma, operation.beta].filter((name) => name !== undefined);
    case "embedding":
      return [operation.table];
    default:
      return [];
  }
}

export interface LayerNode {
  /** The layer it comes from; a layer with an activation makes two nodes. */
  readonly layer: string;
  readonly operation: LayerOperation;
  /** Places of its inputs among the nodes; −1 is the model's input. */
  readonly inputs: readonly number[];
  /** Shape of one output. */
  readonly shape: readonly number[];
}

/** What the model ends with when its loss takes logits and applies the rest itself. */
export type OutputActivation = "softmax" | "sigmoid" | "linear";

/** A model that the fused trainer can train. */
export interface CompiledModel {
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** The last one gives the output; `output` is still to be applied to it. */
  readonly nodes: readonly LayerNode[];
  readonly output: OutputActivation;
}
