// Kernels that bring values into another order: `KernelFunctions` says what holds for all kernels.
import type { Placed } from "./matrix.ts";

/** A number for each axis of the values of one example. */
export type Axes = readonly [outer: number, middle: number, inner: number];

/**
 * How values lie in memory along four axes: value [i, j, k, l] lies
 * `i · strides[0] + j · strides[1] + k · strides[2] + l · strides[3]` values after the first one.
 * A stride may be 0, so that the same value stands for all, or negative.
 */
export interface Arrangement extends Placed {
  readonly strides: readonly [example: number, ...Axes];
}

/** Kernels that copy values from one arrangement to another. */
export interface ArrangementKernels {
  /** Copies as many values of each example along each axis as `sizes` says. */
  arrange(from: Arrangement, to: Arrangement, sizes: Axes, examples: number): void;
  /** Adds `from` to `to`, in the order of the axes: the last axis runs fastest. */
  addArranged(from: Arrangement, to: Arrangement, sizes: Axes, examples: number): void;
}
