import type { Address } from "@tributary/protocol";

/** The memory that the training kernels work on. It only grows. */
export interface TrainingMemory {
  /** The memory as it is now. After `reserve`, views of an earlier buffer may be empty. */
  readonly memory: { readonly buffer: ArrayBuffer };
  /** The first address that the kernels do not use themselves: a multiple of 64, and not 0. */
  readonly firstFree: Address;
  /**
   * Makes the memory at least this many bytes long. New bytes are 0.
   * @throws RangeError when there is not as much memory.
   */
  reserve(byteLength: number): void;
  /** @returns A view of float32 values, for use before the next `reserve`. */
  values(at: Address, count: number): Float32Array;
  /** Copies float32 values. The two arrays may overlap. */
  copy(from: Address, to: Address, count: number): void;
  /** Sets float32 values to one number. */
  fill(at: Address, count: number, value: number): void;
}

/**
 * Makes the part of `TrainingMemory` that reads and writes float32 values.
 * @param heap - Gives a view of the whole memory as it is now. It should give the same object until
 *   the memory grows, because making a view costs as much as a small kernel.
 */
export function valueAccess(
  heap: () => Float32Array,
): Pick<TrainingMemory, "values" | "copy" | "fill"> {
  return {
    values: (at, count) => heap().subarray(at >>> 2, (at >>> 2) + count),
    copy(from, to, count) {
      const start = from >>> 2;
      heap().copyWithin(to >>> 2, start, start + count);
    },
    fill(at, count, value) {
      const start = at >>> 2;
      heap().fill(value, start, start + count);
    },
  };
}
