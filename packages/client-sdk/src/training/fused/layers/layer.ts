import type { RandomSource } from "@tributary/protocol";
import type { Kernels } from "../kernels.ts";
import type { LayerOperation } from "../layer-node.ts";

/** Values of a node for every example of a batch, and their gradient, by place in the kernels' memory. */
export interface NodeValues {
  readonly values: number;
  /** 0 where no gradient is needed. */
  readonly gradient: number;
  /** Values of one example. */
  readonly size: number;
  readonly shape: readonly number[];
}

/** A parameter in the kernels' memory. */
export interface NodeParameter {
  readonly values: number;
  /** 0 when it is frozen. */
  readonly gradient: number;
}

/** Memory that layers use one after the other. Its place is known when all of them are built. */
export interface Scratch {
  readonly place: number;
}

/** What a layer is built with. */
export interface LayerContext<Operation extends LayerOperation = LayerOperation> {
  readonly kernels: Kernels;
  readonly operation: Operation;
  readonly inputs: readonly [NodeValues, ...NodeValues[]];
  readonly output: NodeValues;
  /** Most examples at once. */
  readonly capacity: number;
  readonly parameter: (name: string) => NodeParameter;
  /** Memory of the layer's own. */
  readonly allocate: (size: number) => number;
  readonly scratch: (size: number) => Scratch;
}

/** Which pass a forward pass belongs to. */
export interface PassContext {
  readonly training: boolean;
  /** Passes of this training before this one: what dropout differs by. */
  readonly number: number;
}

/** A layer at work. */
export interface FusedLayer {
  /** Floating-point operations of multiplications, for one example: forwards, and backwards. */
  readonly operations: { readonly forward: number; readonly backward: number };
  /** Before the first step of a training. */
  startTraining?(random: RandomSource): void;
  /** Output from inputs, for the first `count` examples. */
  forward(count: number, pass: PassContext): void;
  /** Gradients of its parameters, and of each input that has one, from the output's gradient. */
  backward(count: number): void;
}

export const NO_OPERATIONS: FusedLayer["operations"] = { forward: 0, backward: 0 };
