import type { ExactSums } from "./aggregation-rule.ts";
import { ExactAccumulator } from "./exact-accumulator.ts";
import type { Pace } from "./pace.ts";

/** Exact sums that are made one block of values after the other, each from all its rows at once. */
export class BlockSums implements ExactSums {
  readonly #sums: Float64Array;
  readonly #maxAbs: number;

  /** @param maxAbs - Bound on the magnitude of every value that is added; ≤ 2¹⁹. */
  constructor(dimension: number, maxAbs: number) {
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
    pace: Pace,
  ): Promise<void> {
    const block = new ExactAccumulator(length);
    for (const row of rows) {
      block.reserve(this.#maxAbs);
      block.add(row.subarray(0, length), 0, 1);
      if (pace.spent(length)) await pace.rest();
    }
    block.forEachSum((sum, i) => (this.#sums[offset + i] = sum));
  }

  forEachSum(each: (sum: number, index: number) => void): void {
    this.#sums.forEach(each);
  }
}
