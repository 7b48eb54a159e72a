import type { Address, RandomSource } from "@tributary/protocol";
import type { LayerOperation } from "../compile/layer-node.ts";
import type { Scratch } from "../kernels/arena.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";

/** Where the values of a node lie for every example of a batch, and their gradient. */
export interface NodeValues {
  /** Shape [capacity, ...shape]. */
  readonly values: Address;
  /** The same shape; 0 where no gradient is needed. */
  readonly gradient: Address;
  /** The number of values of one example. */
  readonly size: number;
  /** The shape of one example. */
  readonly shape: readonly number[];
}

/** Where a parameter lies. */
export interface NodeParameter {
  readonly values: Address;
  /** 0 when the parameter is frozen. */
  readonly gradient: Address;
}

/** What a layer is built with. Building a layer lays out its memory; nothing is computed yet. */
export interface LayerContext<Operation extends LayerOperation = LayerOperation> {
  readonly kernels: TrainingKernels;
  readonly operation: Operation;
  readonly inputs: readonly [NodeValues, ...NodeValues[]];
  readonly output: NodeValues;
  /** The largest number of examples in a batch. */
  readonly capacity: number;
  /** Finds a parameter of the plan by its name. */
  readonly parameter: (name: string) => NodeParameter;
  /** Allocates memory for so many float32 values, for this layer alone. */
  readonly allocate: (size: number) => Address;
  /** See `Arena.scratch`. */
  readonly scratch: (size: number) => Scratch;
}

/** Which pass through the network a forward pass is. */
export interface PassContext {
  /** Whether the pass is part of a training step. Only then are values dropped. */
  readonly training: boolean;
  /** How many training passes came before, so that dropout differs from one to the next. */
  readonly number: number;
}

/** A layer that is ready to compute. */
export interface FusedLayer {
  /** Floating-point operations of the multiplications for one example, forwards and backwards. */
  readonly operations: { readonly forward: number; readonly backward: number };
  /** Called before the first step of a training. */
  startTraining?(random: RandomSource): void;
  /** Computes the output of the first `count` examples from the inputs. */
  forward(count: number, pass: PassContext): void;
  /** Whether `backward` takes a rate. Otherwise somebody else moves the layer's parameters. */
  readonly descends?: boolean;
  /**
   * Computes the gradients of the layer's parameters, and of each input that has one, from the
   * gradient of the output.
   * @param rate - If there is one, the parameters move by −rate · gradient at once, and their
   *   gradients need not be stored. The inputs still get the gradient of the parameters of before.
   */
  backward(count: number, rate?: number): void;
}

/** The operations of layers that multiply nothing. */
export const NO_OPERATIONS: FusedLayer["operations"] = { forward: 0, backward: 0 };
