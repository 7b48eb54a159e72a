import { TributaryError } from "@tributary/protocol";

/** One unit of the fixed-point sum: 2⁻³², about 2.3e-10 in weight units times examples. */
const FRACTION = 2 ** 32;
/** Largest |weight · value| of one report: its fixed-point form stays within 2⁵¹, where rounding below is exact. */
export const MAX_CONTRIBUTION = 2 ** 19;
/** Adding and subtracting 1.5 · 2⁵² rounds a double to an integer, ties to even: what WASM's `nearest` does too. */
const ROUNDING = 1.5 * 2 ** 52;
const EXACT = 2 ** 53;
const CARRY = 2 ** 32;

/**
 * Sums weighted float32 vectors so that the result does not depend on the order of the additions.
 *
 * Each weighted value is rounded once to a multiple of 2⁻³² and from there on is an integer. Integers below 2⁵³ add exactly
 * in float64; before a sum could pass that, its upper part is carried into a second array, which most rounds never need.
 * Memory: 8 bytes a value, 16 after a carry; nothing is kept of a single report.
 *
 * @example
 * accumulator.reserve(weight * maxAbs); // once a report: what any one value can add
 * accumulator.add(block, offset, weight); // block by block
 */
export class ExactAccumulator {
  readonly dimension: number;
  readonly #low: Float64Array;
  #high: Float64Array | undefined;
  /** No |low[i]| exceeds this. */
  #bound = 0;

  constructor(dimension: number) {
    this.dimension = dimension;
    this.#low = new Float64Array(dimension);
  }

  /**
   * Makes room for one more report. Changes no sum.
   * @param contribution - Upper bound of |weight · value| over the report; 0 ≤ contribution ≤ 2¹⁹.
   * @throws TributaryError `UPDATE_OUT_OF_RANGE`, before anything is added.
   */
  reserve(contribution: number): void {
    checkContribution(contribution);
    const added = Math.ceil(contribution * FRACTION) + 1;
    if (this.#bound + added > EXACT) this.#carry();
    this.#bound += added;
  }

  /**
   * Adds `weight · block` at `offset`.
   * @param block - Float32; every |weight · value| within what was reserved; not modified.
   * @param weight - > 0: the report's example count, 1, or the factor that brings its norm within bounds.
   */
  add(block: Float32Array, offset: number, weight: number): void {
    const low = this.#low;
    if (offset + block.length > low.length) {
      throw new TributaryError("UPDATE_SHAPE", "The update has more values than the model");
    }
    const scale = weight * FRACTION;
    for (let i = 0; i < block.length; i++) {
      low[offset + i]! += block[i]! * scale + ROUNDING - ROUNDING;
    }
  }

  /**
   * Hands every sum, in weight units, to `each`: one correctly rounded float64 a value, the same whatever the order of the additions.
   */
  forEachSum(each: (sum: number, index: number) => void): void {
    if (this.#high !== undefined) this.#carry(); // one canonical split of each sum
    const low = this.#low;
    const high = this.#high;
    for (let i = 0; i < low.length; i++) {
      const fraction = low[i]! / FRACTION;
      each(high === undefined ? fraction : high[i]! + fraction, i);
    }
  }

  /** Leaves 0 ≤ low < 2³² and moves the rest to high, whose unit is 2³² of low's, which is 1. */
  #carry(): void {
    const low = this.#low;
    const high = (this.#high ??= new Float64Array(this.dimension));
    for (let i = 0; i < low.length; i++) {
      const carried = Math.floor(low[i]! / CARRY);
      high[i]! += carried;
      low[i]! -= carried * CARRY;
    }
    this.#bound = CARRY;
  }
}

/**
 * What `reserve` asks of a report, for those who reserve later.
 * @throws TributaryError `UPDATE_OUT_OF_RANGE`.
 */
export function checkContribution(contribution: number): void {
  if (contribution >= 0 && contribution <= MAX_CONTRIBUTION) return;
  throw new TributaryError(
    "UPDATE_OUT_OF_RANGE",
    "The update times its example count is too large to add up",
    {
      remedy: "Lower the learning rate or set the plan's clipNorm.",
      context: { contribution },
    },
  );
}
