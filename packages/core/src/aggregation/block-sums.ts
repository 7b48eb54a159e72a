import type { AccumulatorMemory } from "./accumulator-memory.ts";
import type { ExactSums } from "./aggregation-rule.ts";
import { ExactAccumulator } from "./exact-accumulator.ts";
import type { TimeSlice } from "./time-slice.ts";

/** Exact sums that are made one block of values after the other, each from all its rows at once. */
export class BlockSums implements ExactSums {
  readonly dimension: number;
  readonly #sums: Float64Array;
  readonly #maxAbs: number;
  readonly #memory: AccumulatorMemory;

  /** @param maxAbs - Bound on the magnitude of every value that is added; ≤ 2¹⁹. */
  constructor(dimension: number, maxAbs: number, memory: AccumulatorMemory) {
    this.dimension = dimension;
    this.#memory = memory;
    this.#sums = new Float64Array(dimension);
    this.#maxAbs = maxAbs;
  }

  /**
   * Sets the sums of the block at `offset`.
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
      block.add(row.subarray(0, length), 0, 1);
      if (slice.isUsedUp(length)) await slice.yieldTurn();
    }
    block.read(0, this.#sums.subarray(offset, offset + length));
    block.release();
  }

  read(offset: number, target: Float64Array): void {
    target.set(this.#sums.subarray(offset, offset + target.length));
  }
}
