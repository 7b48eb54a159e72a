import { TributaryError, UPDATE_BLOCK_VALUES } from "@tributary/protocol";
import { AccumulatorMemory } from "./accumulator-memory.ts";
import type { ExactSums } from "./aggregation-rule.ts";

/** One unit of the fixed-point sum: 2⁻³², about 2.3e-10 in weight units times examples. */
const FRACTION = 2 ** 32;
/** Largest |weight · value| of one report: its fixed-point form stays within 2⁵¹, where the kernel's rounding is exact. */
export const MAX_CONTRIBUTION = 2 ** 19;
const EXACT = 2 ** 53;
const CARRY = 2 ** 32;

/** The integers of an accumulator: sum i is high[i] · 2³² + low[i], in units of 2⁻³². */
export interface ExactParts {
  /** Integers within ±2⁵³; from 0 to 2³² where there is a `high`. */
  readonly low: Float64Array;
  readonly high: Float64Array | undefined;
  /** No |low[i]| exceeds this; ≤ 2⁵³. */
  readonly bound: number;
}

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
export class ExactAccumulator implements ExactSums {
  readonly dimension: number;
  readonly #memory: AccumulatorMemory;
  readonly #at: number;
  #high: Float64Array | undefined;
  /** No |low[i]| exceeds this. */
  #bound = 0;
  /** Where there is a `high`: whether every low is in [0, 2³²). */
  #isNormal = false;

  /** @param memory - Where to keep the sums; memory of its own if left out. */
  constructor(dimension: number, memory: AccumulatorMemory = new AccumulatorMemory()) {
    this.dimension = dimension;
    this.#memory = memory;
    this.#at = memory.take(dimension);
  }

  /**
   * Whether one more report can be reserved before those that have been reserved are added: `reserve` may have to carry, and
   * then nothing may be on its way.
   */
  hasRoom(contribution: number): boolean {
    return this.#bound + boundOf(contribution) <= EXACT;
  }

  /**
   * Makes room for one more report. Changes no sum.
   * @param contribution - Upper bound of |weight · value| over the report; 0 ≤ contribution ≤ 2¹⁹.
   * @throws TributaryError `UPDATE_OUT_OF_RANGE`, before anything is added.
   */
  reserve(contribution: number): void {
    checkContribution(contribution);
    if (!this.hasRoom(contribution)) this.#carry();
    this.#bound += boundOf(contribution);
    this.#isNormal = false;
  }

  /**
   * Adds `weight · block` at `offset`.
   * @param block - Float32; every |weight · value| within what was reserved; not modified.
   * @param weight - > 0: the report's example count, 1, or the factor that brings its norm within bounds.
   */
  add(block: Float32Array, offset: number, weight: number): void {
    if (offset + block.length > this.dimension) {
      throw new TributaryError("UPDATE_SHAPE", "The update has more values than the model");
    }
    for (let start = 0; start < block.length; start += UPDATE_BLOCK_VALUES) {
      const part = block.subarray(start, start + UPDATE_BLOCK_VALUES);
      this.#memory.accumulate(part, weight * FRACTION, this.#at + 8 * (offset + start));
    }
  }

  /** Adds what another accumulator has come to. Exact, so that it does not matter how reports were spread over both. */
  merge({ low, high, bound }: ExactParts): void {
    if (low.length !== this.dimension) {
      throw new TributaryError("INTERNAL", "The sums to be merged are of another length");
    }
    if (this.#bound + bound > EXACT) this.#carry();
    // Where two together might not fit, the other one's upper part goes straight to the second array.
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

  /** A copy of the sums as integers. */
  parts(): ExactParts {
    if (this.#high !== undefined) this.#carry();
    return { low: this.#low.slice(), high: this.#high?.slice(), bound: this.#bound };
  }

  /** Correctly rounded, and so the same whatever the order of the additions. */
  read(offset: number, target: Float64Array): void {
    if (this.#high !== undefined) this.#carry(); // one canonical split of each sum
    const low = this.#low;
    const high = this.#high;
    for (let i = 0; i < target.length; i++) {
      const fraction = low[offset + i]! / FRACTION;
      target[i] = high === undefined ? fraction : high[offset + i]! + fraction;
    }
  }

  /** Gives the memory of the sums back: they must not be used again. */
  release(): void {
    this.#memory.giveBack(this.#at, this.dimension);
  }

  get #low(): Float64Array {
    return this.#memory.sums(this.#at, this.dimension);
  }

  #requireHigh(): Float64Array {
    return (this.#high ??= new Float64Array(this.dimension));
  }

  /** Leaves 0 ≤ low < 2³² and moves the rest to high, whose unit is 2³² of low's, which is 1. */
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

/** Most that a contribution adds to any sum, in units of 2⁻³². */
function boundOf(contribution: number): number {
  return Math.ceil(contribution * FRACTION) + 1;
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
