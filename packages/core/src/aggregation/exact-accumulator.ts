import {
  MAX_UPDATE_MAGNITUDE,
  PROTOCOL_CONSTANTS,
  TributaryError,
  UPDATE_BLOCK_VALUES,
} from "@tributary/protocol";
import { AccumulatorMemory } from "./accumulator-memory.ts";
import type { ExactParts, ExactSums } from "./exact-sums.ts";

/** The number of units in 1. One unit of the fixed-point sums is 2⁻³², about 2.3e-10. */
const FRACTION = 2 ** 32;
/**
 * The largest |weight · value| of one report: 2⁴⁰. The values of an update and the number of its
 * examples are both bounded by 2²⁰.
 */
export const MAX_CONTRIBUTION: number = MAX_UPDATE_MAGNITUDE * PROTOCOL_CONSTANTS.maxExampleCount;
/**
 * The largest |weight · value| that the kernel adds. In units of 2⁻³² it is at most 2⁵¹, up to
 * which the kernel rounds exactly. What is larger is added in two parts, which takes longer.
 */
export const MAX_KERNEL_CONTRIBUTION = 2 ** 19;
/** float64 adds integers exactly up to this magnitude. */
const EXACT = 2 ** 53;
/** Beyond this magnitude a float64 has no fraction, so that there is nothing to round. */
const WHOLE = 2 ** 52;
/**
 * One unit of a high part is this many units of a low part. The reports of the largest cohort, 2¹⁴
 * with at most 2⁷² units each, add up to 2⁴⁶ units of a high part.
 */
export const CARRY: number = 2 ** 40;

/**
 * Sums weighted float32 vectors so that the result does not depend on the order of the additions.
 *
 * Each weighted value is rounded once to a multiple of 2⁻³², and counts as an integer from then on.
 * float64 adds integers below 2⁵³ exactly. Before a sum could exceed that bound, its upper part is
 * carried into a second array. Most rounds never need this array. The sums take 8 bytes for each
 * value, and 16 bytes once the second array exists. Nothing of a single report is kept.
 *
 * @example
 * const contribution = weight * maxAbs; // the most that one value of the report can add
 * accumulator.reserve(contribution); // once for each report
 * accumulator.add(block, offset, weight, contribution); // for each block of the report
 */
export class ExactAccumulator implements ExactSums {
  readonly dimension: number;
  readonly #memory: AccumulatorMemory;
  readonly #at: number;
  #high: Float64Array | undefined;
  /** No |low[i]| exceeds this, once all reserved reports have been added. */
  #bound = 0;
  /** Whether every low is in [0, 2⁴⁰), so that there is nothing to carry. */
  #isNormal = false;

  /** @param memory - Where the sums are kept; memory of its own if left out. */
  constructor(dimension: number, memory: AccumulatorMemory = new AccumulatorMemory()) {
    this.dimension = dimension;
    this.#memory = memory;
    this.#at = memory.take(dimension);
  }

  /**
   * Whether one more report can be reserved while earlier reserved reports have not been added yet.
   * If this is false, `reserve` has to carry. The caller must then add all reserved reports before
   * it reserves the next one.
   * @param contribution - As for `reserve`.
   */
  hasRoom(contribution: number): boolean {
    return this.#bound + boundOf(contribution) <= EXACT;
  }

  /**
   * Makes room for one more report. Changes no sum.
   * @param contribution - A bound on |weight · value| over the report; 0 ≤ contribution ≤ 2⁴⁰.
   * @throws TributaryError `UPDATE_OUT_OF_RANGE` when the contribution is larger; nothing has
   *   changed then.
   */
  reserve(contribution: number): void {
    if (!(contribution >= 0 && contribution <= MAX_CONTRIBUTION)) throw outOfRange(contribution);
    if (!this.hasRoom(contribution)) this.#carry();
    this.#bound += boundOf(contribution);
    this.#isNormal = false;
  }

  /**
   * Adds `weight · block` to the sums from `offset` on.
   * @param block - Float32; not modified. No |weight · value| may exceed what was reserved.
   * @param weight - What the block counts for. The negative of a weight takes out exactly what that
   *   weight has added.
   * @param contribution - What was reserved for the block's report.
   * @throws TributaryError `UPDATE_SHAPE` when the block reaches beyond the last sum.
   */
  add(block: Float32Array, offset: number, weight: number, contribution: number): void {
    if (offset + block.length > this.dimension) {
      throw new TributaryError("UPDATE_SHAPE", "The update has more values than the model");
    }
    for (let start = 0; start < block.length; start += UPDATE_BLOCK_VALUES) {
      const part = block.subarray(start, start + UPDATE_BLOCK_VALUES);
      const isLarge = contribution > MAX_KERNEL_CONTRIBUTION && exceeds(part, weight);
      if (isLarge) this.#addInParts(part, offset + start, weight * FRACTION);
      else this.#memory.accumulate(part, weight * FRACTION, this.#at + 8 * (offset + start));
    }
  }

  /**
   * Adds `scale · block` as the kernel does, for values that a low sum cannot hold: what exceeds a
   * unit of the high sums goes there at once. Both parts have the sign of the value, so that the
   * negative of a scale takes out of both what the scale has added.
   */
  #addInParts(block: Float32Array, offset: number, scale: number): void {
    const low = this.#low;
    const high = this.#requireHigh();
    for (let i = 0; i < block.length; i++) {
      const units = nearestEven(block[i]! * scale);
      const upper = Math.trunc(units / CARRY);
      high[offset + i]! += upper;
      low[offset + i]! += units - upper * CARRY;
    }
  }

  /**
   * Adds the sums of another accumulator. The addition is exact, so that it does not matter which
   * accumulator added which report.
   * @throws TributaryError `INTERNAL` when the sums are of another length.
   */
  merge({ low, high, bound }: ExactParts): void {
    if (low.length !== this.dimension) {
      throw new TributaryError("INTERNAL", "The sums to be merged are of another length");
    }
    if (this.#bound + bound > EXACT) this.#carry();
    // If the sum of both low parts might not be exact, the other one is carried before it is added.
    const fits = this.#bound + bound <= EXACT;
    const own = this.#low;
    if (fits) {
      for (let i = 0; i < own.length; i++) own[i]! += low[i]!;
      this.#bound += bound;
    } else {
      const ownHigh = this.#requireHigh();
      for (let i = 0; i < own.length; i++) {
        const carried = Math.floor(low[i]! / CARRY);
        ownHigh[i]! += carried;
        own[i]! += low[i]! - carried * CARRY;
      }
      this.#bound += CARRY;
    }
    if (high !== undefined) {
      const ownHigh = this.#requireHigh();
      for (let i = 0; i < own.length; i++) ownHigh[i]! += high[i]!;
    }
    this.#isNormal = false;
  }

  /** Returns a copy of the sums as integers. */
  parts(): ExactParts {
    if (this.#high !== undefined) this.#carry();
    return { low: this.#low.slice(), high: this.#high?.slice(), bound: this.#bound };
  }

  /**
   * Fills `target` with the sums from `offset` on, correctly rounded to float64. They do not depend
   * on the order of the additions.
   */
  read(offset: number, target: Float64Array): void {
    if (this.#high !== undefined) this.#carry(); // so that each sum is split in one way only
    const low = this.#low;
    const high = this.#high;
    for (let i = 0; i < target.length; i++) {
      const fraction = low[offset + i]! / FRACTION;
      target[i] = high === undefined ? fraction : high[offset + i]! * (CARRY / FRACTION) + fraction;
    }
  }

  /** Zeroes the sums and gives their memory back. The accumulator must not be used after that. */
  release(): void {
    this.#high?.fill(0);
    this.#memory.giveBack(this.#at, this.dimension);
  }

  get #low(): Float64Array {
    return this.#memory.sums(this.#at, this.dimension);
  }

  #requireHigh(): Float64Array {
    return (this.#high ??= new Float64Array(this.dimension));
  }

  /**
   * Moves the upper part of each low sum to the high sum, so that 0 ≤ low < 2⁴⁰ is left.
   */
  #carry(): void {
    if (this.#isNormal) return;
    const low = this.#low;
    const high = this.#requireHigh();
    for (let i = 0; i < low.length; i++) {
      const carried = Math.floor(low[i]! / CARRY);
      high[i]! += carried;
      low[i]! -= carried * CARRY;
    }
    this.#bound = CARRY;
    this.#isNormal = true;
  }
}

/** The most that a contribution adds to any low sum, in units of 2⁻³², with the rounding included. */
function boundOf(contribution: number): number {
  return Math.ceil(Math.min(contribution, MAX_KERNEL_CONTRIBUTION) * FRACTION) + 1;
}

/** Whether a block has a value that the kernel cannot add. */
function exceeds(block: Float32Array, weight: number): boolean {
  for (let i = 0; i < block.length; i++) {
    if (Math.abs(block[i]! * weight) > MAX_KERNEL_CONTRIBUTION) return true;
  }
  return false;
}

/** Rounds to an integer, with ties to even, as the kernel does. */
function nearestEven(x: number): number {
  if (Math.abs(x) >= WHOLE) return x;
  return x < 0 ? x - WHOLE + WHOLE : x + WHOLE - WHOLE;
}

function outOfRange(contribution: number): TributaryError {
  return new TributaryError(
    "UPDATE_OUT_OF_RANGE",
    "The update's values, multiplied by its number of examples, are too large to be added exactly",
    {
      remedy: "Lower the learning rate or set the plan's clipNorm.",
      context: { contribution },
    },
  );
}
