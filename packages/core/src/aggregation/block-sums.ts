import type { AccumulatorMemory } from "./accumulator-memory.ts";
import { ExactAccumulator } from "./exact-accumulator.ts";
import type { ExactSums } from "./exact-sums.ts";
import type { TimeSlice } from "./time-slice.ts";

/**
 * Exact sums for rules that hold all updates. They are made block by block, and each block is made
 * from all its rows at once.
 */
export class BlockSums implements ExactSums {
  readonly dimension: number;
  readonly #sums: Float64Array;
  readonly #maxAbs: number;
  readonly #memory: AccumulatorMemory;

  /**
   * @param sums - Where the sums are kept; zeros.
   * @param maxAbs - A bound on the magnitude of all values that are added; ≤ 2²⁰.
   */
  constructor(sums: Float64Array, maxAbs: number, memory: AccumulatorMemory) {
    this.dimension = sums.length;
    this.#memory = memory;
    this.#sums = sums;
    this.#maxAbs = maxAbs;
  }

  /**
   * Sets the sums of one block: for each of its values, the sum over all rows.
   * @param offset - Index of the block's first value in the update.
   * @param length - Number of values in the block.
   * @param rows - Float32, shape [n][≥ length]; not modified.
   */
  async set(
    offset: number,
    length: number,
    rows: readonly Float32Array[],
    slice: TimeSlice,
  ): Promise<void> {
    const block = new ExactAccumulator(length, this.#memory);
    for (const row of rows) {
      block.reserve(this.#maxAbs);
      block.add(row.subarray(0, length), 0, 1, this.#maxAbs);
      if (slice.isUsedUp(length)) await slice.yieldTurn();
    }
    block.read(0, this.#sums.subarray(offset, offset + length));
    block.release();
  }

  read(offset: number, target: Float64Array): void {
    target.set(this.#sums.subarray(offset, offset + target.length));
  }
}
