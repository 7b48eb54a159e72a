import { isTributaryError, xoshiro128 } from "@tributary/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  ExactAccumulator,
  MAX_CONTRIBUTION,
  MAX_KERNEL_CONTRIBUTION,
} from "../src/aggregation/exact-accumulator.ts";
import { bitsOf } from "../src/testing/bits-of.ts";
import { fixedPoint, toFloat64 } from "./exact-reference.ts";

interface Contribution {
  readonly values: Float32Array;
  readonly weight: number;
}

const maxAbs = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function sumsOf(dimension: number, contributions: readonly Contribution[]): number[] {
  const accumulator = new ExactAccumulator(dimension);
  for (const contribution of contributions) addReport(accumulator, contribution);
  return sums(accumulator);
}

function addReport(accumulator: ExactAccumulator, { values, weight }: Contribution): void {
  const contribution = weight * maxAbs(values);
  accumulator.reserve(contribution);
  accumulator.add(values, 0, weight, contribution);
}

function sums(accumulator: ExactAccumulator): number[] {
  const out = new Float64Array(accumulator.dimension);
  accumulator.read(0, out);
  return [...out];
}

function referenceOf(dimension: number, contributions: readonly Contribution[]): number[] {
  return Array.from({ length: dimension }, (_, i) =>
    toFloat64(
      contributions.reduce((sum, { values, weight }) => sum + fixedPoint(values[i]!, weight), 0n),
    ),
  );
}

/** Draws uniformly from [0, 1), with the same numbers in each run. */
function uniform(seed: number): () => number {
  const words = xoshiro128(new Uint8Array(16).fill(seed));
  return () => words() / 2 ** 32;
}

/** Makes contributions of all magnitudes, up to `largest` · weight. */
function mixed(
  count: number,
  dimension: number,
  seed: number,
  largest = MAX_CONTRIBUTION,
): Contribution[] {
  const random = uniform(seed);
  return Array.from({ length: count }, () => {
    const weight = 1 + Math.floor(random() * 2 ** Math.floor(random() * 21));
    const values = Float32Array.from({ length: dimension }, () => {
      const magnitude = (largest / weight) * 2 ** (-60 * random() ** 3) * random();
      return random() < 0.5 ? -magnitude : magnitude;
    });
    return { values, weight };
  });
}

function shuffledWith<Item>(items: readonly Item[], random: () => number): Item[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

describe("the exact accumulator", () => {
  it("gives identical bits in twenty random orders, with and without carries", () => {
    const random = uniform(7);
    for (const [count, largest] of [
      [300, MAX_KERNEL_CONTRIBUTION], // some 300 · 2⁵⁰ in fixed point: carries many times
      [300, MAX_CONTRIBUTION], // most of them are added in parts
      [300, 1],
    ] as const) {
      const contributions = mixed(count, 17, 3, largest);
      const expected = bitsOf(sumsOf(17, contributions));
      for (let order = 0; order < 20; order++) {
        const sums = sumsOf(17, shuffledWith(contributions, random));
        expect(bitsOf(sums)).toEqual(expected);
      }
    }
  });

  it("equals sums of integers of any size, correctly rounded", () => {
    for (const [count, largest, seed] of [
      [200, MAX_KERNEL_CONTRIBUTION, 11],
      [200, MAX_CONTRIBUTION, 15],
      [200, 100, 12],
      [50, 1e-6, 13],
      [1, MAX_CONTRIBUTION, 14],
    ] as const) {
      const contributions = mixed(count, 40, seed, largest);
      expect(bitsOf(sumsOf(40, contributions))).toEqual(bitsOf(referenceOf(40, contributions)));
    }
  });

  it("equals the reference for any float32 that is in range", () => {
    const float = fc
      .integer({ min: 0, max: 2 ** 32 - 1 })
      .map((bits) => new Float32Array(Uint32Array.of(bits).buffer)[0]!)
      .filter((value) => Math.abs(value) <= 2 ** 20);
    const contribution = fc.record({
      value: float,
      weight: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2 ** 20 })),
    });
    fc.assert(
      fc.property(fc.array(contribution, { minLength: 1, maxLength: 30 }), (all) => {
        const contributions = all.map(({ value, weight }) => ({
          values: Float32Array.of(value),
          weight,
        }));
        expect(bitsOf(sumsOf(1, contributions))).toEqual(bitsOf(referenceOf(1, contributions)));
      }),
      { numRuns: 1_000, seed: 5 },
    );
  });

  it("rounds to a multiple of 2⁻³², with ties to even, wherever a value has bits below that", () => {
    const unit = 2 ** -32;
    const cases: [value: number, weight: number][] = [];
    for (const quarter of [1, 2, 3, 5, 6, 7, 9, 10, 11]) {
      cases.push([(quarter * unit) / 4, 1], [(quarter * unit) / 4, 3]);
    }
    // The largest products that still have bits below the unit, then the largest of all.
    const odd = 2 ** 24 - 1;
    for (const shift of [33, 34, 35, 36, 45, 50, 56]) {
      cases.push([odd * 2 ** -shift, 2 ** 20 - 1], [odd * 2 ** -shift, 2 ** 20]);
      cases.push([odd * 2 ** -shift, 1], [odd * 2 ** -shift, 3]);
    }
    const next = new Float32Array(Uint32Array.of(0x48ffffff).buffer)[0]!; // next below 2¹⁹
    cases.push([2 ** 19, 1], [next, 1], [0.5, 2 ** 20], [2 ** -149, 1], [2 ** -126, 2 ** 20]);
    // The first values that are added in parts, which have a bit below the unit.
    cases.push([2 ** 19 + 2 ** -4, 1], [1 + 2 ** -23, 2 ** 19 + 1], [odd * 2 ** -24, 2 ** 20 - 1]);
    for (const [value, weight] of cases) {
      for (const sign of [1, -1]) {
        const contribution = { values: Float32Array.of(sign * value), weight };
        expect(bitsOf(sumsOf(1, [contribution]))).toEqual(bitsOf(referenceOf(1, [contribution])));
      }
    }
  });

  it("rounds every half and quarter correctly up to the largest value that its method allows", () => {
    // The kernel relies on this: for |x| ≤ 2⁵¹, x + 1.5·2⁵² − 1.5·2⁵² is x rounded to an integer,
    // with ties to even.
    const rounding = 1.5 * 2 ** 52;
    const nearestEven = (x: number): number => {
      const floor = Math.floor(x);
      const fraction = x - floor;
      if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1;
      return floor % 2 === 0 ? floor : floor + 1;
    };
    for (const base of [0, 1, 2 ** 20, 2 ** 40, 2 ** 49, 2 ** 50, 2 ** 51 - 8, 2 ** 51 - 1]) {
      for (let quarters = -16; quarters <= 16; quarters++) {
        for (const sign of [1, -1]) {
          const x = sign * (base + quarters / 4);
          if (Math.abs(x) > 2 ** 51) continue;
          expect(x + rounding - rounding).toBe(nearestEven(x) + 0); // + 0: never −0
        }
      }
    }
    expect(2 ** 51 + rounding - rounding).toBe(2 ** 51);
    expect(-(2 ** 51) + rounding - rounding).toBe(-(2 ** 51));
    // Just beyond 2⁵¹ it fails, so that the bound cannot be higher.
    expect(-(2 ** 51 + 0.5) + rounding - rounding).not.toBe(nearestEven(-(2 ** 51 + 0.5)));
  });

  it("carries without losing a unit when thousands of largest contributions meet", () => {
    const largest = { values: Float32Array.of(2 ** 19, -(2 ** 19), 2 ** -32, 0), weight: 1 };
    const contributions = Array.from({ length: 16_384 }, () => largest);
    expect(sumsOf(4, contributions)).toEqual([2 ** 33, -(2 ** 33), 2 ** -18, 0]);
    // The contributions cancel each other to the last unit.
    const back = { values: largest.values.map((value) => -value), weight: 1 };
    const cancelled = sumsOf(4, [...contributions, ...contributions.map(() => back)]);
    expect(bitsOf(cancelled)).toEqual(bitsOf([0, 0, 0, 0]));
  });

  it("takes a large report out again without a trace, with the negative of its weight", () => {
    const [small, large] = [mixed(20, 30, 31, 1), mixed(20, 30, 32)];
    const accumulator = new ExactAccumulator(30);
    for (const contribution of small) addReport(accumulator, contribution);
    for (const contribution of large) {
      addReport(accumulator, contribution);
      const { values, weight } = contribution;
      accumulator.add(values, 0, -weight, weight * maxAbs(values));
    }
    expect(bitsOf(sums(accumulator))).toEqual(bitsOf(referenceOf(30, small)));
  });

  it("gives the same bits when its sums are also read before the last report", () => {
    const contributions = mixed(100, 9, 21);
    const accumulator = new ExactAccumulator(9);
    for (const [index, contribution] of contributions.entries()) {
      addReport(accumulator, contribution);
      if (index % 7 === 0) sums(accumulator);
    }
    expect(bitsOf(sums(accumulator))).toEqual(bitsOf(referenceOf(9, contributions)));
  });

  it("reserves room for the lower part that stays after a carry", () => {
    // After the carry 2³² − 1 units are left. The reports that follow add up to just below 2⁵³.
    const large = 2 ** 19;
    const nextBelow = large - 2 ** -5;
    const parts = [
      [large, large, large, large, large, 1, -(2 ** -32)],
      [large, large, large, nextBelow],
      [-large, -large, -large, -large, -large, -large, -large, -large, -nextBelow], // all reports but the last one
    ].map((values) => values.map((value) => ({ values: Float32Array.of(value), weight: 1 })));
    const accumulator = new ExactAccumulator(1);
    for (const part of parts) {
      for (const contribution of part) addReport(accumulator, contribution);
      sums(accumulator); // carries
    }
    expect(bitsOf(sums(accumulator))).toEqual(bitsOf(referenceOf(1, parts.flat())));
  });

  it("gives the same bits whether a report comes in one block or in many", () => {
    const [contribution] = mixed(1, 1_000, 22, 10);
    const { values, weight } = contribution!;
    const accumulator = new ExactAccumulator(1_000);
    const most = weight * maxAbs(values);
    accumulator.reserve(most);
    for (let offset = 0; offset < 1_000; offset += 64) {
      accumulator.add(values.subarray(offset, offset + 64), offset, weight, most);
    }
    expect(bitsOf(sums(accumulator))).toEqual(bitsOf(sumsOf(1_000, [contribution!])));
  });

  it("accepts a contribution of exactly 2⁴⁰ and refuses a larger one, with its sums unchanged", () => {
    const accumulator = new ExactAccumulator(2);
    const largest = { values: Float32Array.of(3.5, -(2 ** 20)), weight: 2 ** 20 };
    addReport(accumulator, largest);
    expect(bitsOf(sums(accumulator))).toEqual(bitsOf(referenceOf(2, [largest])));
    const before = bitsOf(sums(accumulator));
    for (const contribution of [MAX_CONTRIBUTION * (1 + 2 ** -52), 2 ** 100, Infinity, NaN, -1]) {
      let thrown: unknown;
      try {
        accumulator.reserve(contribution);
      } catch (error) {
        thrown = error;
      }
      expect(isTributaryError(thrown, "UPDATE_OUT_OF_RANGE")).toBe(true);
      expect(bitsOf(sums(accumulator))).toEqual(before);
    }
  });

  it("refuses a block that reaches beyond its last sum, before it adds any value", () => {
    const accumulator = new ExactAccumulator(4);
    accumulator.reserve(1);
    expect(() => accumulator.add(Float32Array.of(1, 1, 1), 2, 1, 1)).toThrow(/more values/u);
    expect(sums(accumulator)).toEqual([0, 0, 0, 0]);
  });

  it("never returns a negative zero", () => {
    const contributions = [
      { values: Float32Array.of(-0, -(2 ** -40), 1), weight: 1 },
      { values: Float32Array.of(-0, -0, -1), weight: 1 },
    ];
    expect(bitsOf(sumsOf(3, contributions))).toEqual(bitsOf([0, 0, 0]));
  });
});
