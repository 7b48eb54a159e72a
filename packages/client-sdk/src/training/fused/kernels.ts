import type { KernelFunctions } from "./kernel-functions.ts";

/** The functions with their memory. */
export interface Kernels extends KernelFunctions {
  /** What computes. */
  readonly name: "wasm" | "reference";
  /** First place that is free; a multiple of 16. */
  readonly firstFree: number;
  /** The whole memory. A view from before `reserve` may be detached. */
  heap(): Float32Array;
  /**
   * Makes the memory at least this many values long; new values are zero.
   * @throws RangeError when there is not as much memory.
   */
  reserve(size: number): void;
}

/** Makes kernels with a memory of their own. */
export type KernelSource = () => Promise<Kernels>;

/** Values of scratch memory that `matmul` takes at most. */
export const MATMUL_SCRATCH: number = 256 * 64;

/** Columns of a packed matrix: so many rounded up to whole panels of 8. */
export const inPanels = (columns: number): number => 8 * Math.ceil(columns / 8);

/** `size` rounded up to whole cache lines. */
export const padded = (size: number): number => Math.ceil(size / 16) * 16;
