import {
  reportsNeeded,
  seededRandom,
  toHex,
  updateCodec,
  xoshiro128,
  type AggregationSpec,
  type UpdateCodec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { CombinedUpdate } from "../src/aggregation/aggregation-rule.ts";
import { createAggregationRule, heldBytes } from "../src/aggregation/create-aggregation-rule.ts";
import { bitsOf } from "../src/testing/bits-of.ts";
import { combineByTheBook } from "./robust-reference.ts";

type Vector = readonly number[];

const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 3);
const float32 = updateCodec({ codec: "float32" });
const uniform8 = updateCodec({ codec: "uniform", bits: 8 });
/** A codec whose payloads differ in length. */
const coded = updateCodec({ codec: "eden", bits: 4, entropy: true });

const encode = (update: Vector, codec: UpdateCodec = float32): Uint8Array =>
  codec.encode(Float32Array.from(update), random);

function valuesOf({ sums, weight }: CombinedUpdate): number[] {
  const values = new Float64Array(sums.dimension);
  sums.read(0, values);
  return Array.from(values, (sum) => sum / weight);
}

async function combinePayloads(
  spec: AggregationSpec,
  payloads: readonly Uint8Array[],
  dimension: number,
  { codec = float32, yieldTurn = () => Promise.resolve() } = {},
): Promise<number[]> {
  const rule = createAggregationRule(spec, crypto, { codec, dimension, mostNorm: Infinity });
  for (const payload of payloads) {
    rule.add(payload, { exampleCount: 1, ...codec.validate(payload, dimension) });
  }
  return valuesOf(await rule.combine(yieldTurn));
}

const combine = (spec: AggregationSpec, updates: readonly Vector[]): Promise<number[]> =>
  combinePayloads(
    spec,
    updates.map((update) => encode(update)),
    updates[0]!.length,
  );

/** Sorts updates by their hashes. Of equal scores, the first in this order wins. */
function byHash(updates: readonly Vector[]): Vector[] {
  const hash = (update: Vector): string => toHex(crypto.sha256(encode(update)));
  return [...updates].sort((a, b) => (hash(a) < hash(b) ? -1 : 1));
}

/** Returns the rules that can be used with `n` reports of which `f` are hostile. */
function specsFor(n: number, f: number): AggregationSpec[] {
  const specs: AggregationSpec[] = [
    { rule: "median" },
    { rule: "trimmedMean", byzantine: f },
    { rule: "krum", byzantine: f },
    { rule: "multiKrum", byzantine: f },
    { rule: "multiKrum", byzantine: f, selected: 2 },
    { rule: "bulyan", byzantine: f },
  ];
  return specs.filter((spec) => reportsNeeded(spec) <= n);
}

/** Small whole numbers. Their distances and sums are exact, and equal distances are common. */
const wholeVector = (dimension: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: -5, max: 5 }), { minLength: dimension, maxLength: dimension });

const cohort = fc
  .record({ n: fc.integer({ min: 3, max: 13 }), dimension: fc.integer({ min: 1, max: 6 }) })
  .chain(({ n, dimension }) => fc.array(wholeVector(dimension), { minLength: n, maxLength: n }));

describe("on an example that was computed by hand", () => {
  it("the median is the middle value, or the mean of the two middle values", async () => {
    expect(
      await combine({ rule: "median" }, [
        [1, 9],
        [2, -9],
        [100, 0],
      ]),
    ).toEqual([2, 0]);
    expect(await combine({ rule: "median" }, [[1], [3], [4], [100]])).toEqual([3.5]);
  });

  it("the trimmed mean leaves out f values at each end", async () => {
    const updates = [
      [-1000, 1],
      [1, 2],
      [2, 3],
      [6, 4],
      [1000, 5],
    ];
    expect(await combine({ rule: "trimmedMean", byzantine: 1 }, updates)).toEqual([3, 3]);
    expect(await combine({ rule: "trimmedMean", byzantine: 2 }, updates)).toEqual([2, 3]);
  });

  it("Krum takes the update with the smallest sum of its n − f − 2 smallest squared distances", async () => {
    // With n = 5 and f = 1, two neighbours count. The scores are 0 → 1+4 = 5, 1 → 1+1 = 2,
    // 2 → 1+4 = 5, 6 → 16+25 = 41 and 40 → 34²+38².
    expect(await combine({ rule: "krum", byzantine: 1 }, [[0], [1], [2], [6], [40]])).toEqual([1]);
  });

  it("multi-Krum is the mean of the smallest scores' updates, n − f − 2 of them by default", async () => {
    // With n = 7 and f = 2, three neighbours count. The scores are 0 → 1+9+16 = 26,
    // 1 → 1+4+9 = 14, 3 → 1+4+9 = 14, 4 → 1+9+16 = 26, 10 → 36+49+81 = 166, …
    const updates = [[0], [1], [3], [4], [10], [50], [51]];
    const spec = { rule: "multiKrum", byzantine: 2 } as const;
    expect(await combine({ ...spec, selected: 2 }, updates)).toEqual([2]);
    expect(await combine(spec, updates)).toEqual([(updates[1]![0]! + 3 + third()) / 3]);
    // 0 and 4 share the third place, so that their hashes decide.
    function third(): number {
      return byHash([[0], [4]])[0]![0]!;
    }
  });

  it("Bulyan is the mean of the n − 4f values nearest to the median of Krum's n − 2f updates", async () => {
    // With n = 7 and f = 1, the two far updates are not among the five that Krum chooses, and −20
    // and 3 are not among the three values nearest to the median 1.
    const updates = [[0], [1], [2], [3], [-20], [900], [1000]];
    expect(await combine({ rule: "bulyan", byzantine: 1 }, updates)).toEqual([1]);
  });

  it("the norm bound scales longer updates down and leaves shorter ones as they are", async () => {
    const spec = { rule: "normBound", maximumNorm: 5 } as const;
    expect(
      await combine(spec, [
        [3, 4],
        [6, 8],
        [-1, 0],
      ]),
    ).toEqual([5 / 3, 8 / 3]);
    expect(await combine(spec, [[0, 0]])).toEqual([0, 0]);
    expect(await combine(spec, [[2 ** 20, 0]])).toEqual([5, 0]); // beyond what the sums could hold unscaled
  });
});

describe("every robust rule", () => {
  it("agrees with the definitions of the papers", async () => {
    await fc.assert(
      fc.asyncProperty(cohort, async (updates) => {
        const f = 1 + (updates.length % 3);
        for (const spec of specsFor(updates.length, f)) {
          const expected = combineByTheBook(spec, byHash(updates));
          const combined = await combine(spec, updates);
          expected.forEach((value, i) => expect(combined[i]).toBeCloseTo(value, 9));
        }
        const bounded = { rule: "normBound", maximumNorm: 4 } as const;
        const expected = combineByTheBook(bounded, updates);
        (await combine(bounded, updates)).forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i]!, 8);
        });
      }),
      { numRuns: 150 },
    );
  });

  it("gives the same bits in any order of the reports", async () => {
    const shuffled = cohort.chain((updates) =>
      fc.tuple(fc.constant(updates), fc.shuffledSubarray(updates, { minLength: updates.length })),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([updates, other]) => {
        // Fractions make rounding visible, and equal updates make ties visible.
        const third = (list: readonly Vector[]): Vector[] =>
          list.map((update) => update.map((value) => value / 3));
        for (const spec of [
          ...specsFor(updates.length, 1),
          { rule: "normBound", maximumNorm: 1 } as const,
        ]) {
          for (const [a, b] of [
            [updates, other],
            [third(updates), third(other)],
          ] as const) {
            expect(bitsOf(await combine(spec, b))).toEqual(bitsOf(await combine(spec, a)));
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("stays within the honest values whatever f clients send, while the mean does not", async () => {
    const attacks: ((mean: Vector, honest: Vector) => number[])[] = [
      (mean) => mean.map(() => 2 ** 19),
      (mean) => mean.map((_, i) => (i % 2 === 0 ? -1e5 : 1e5)),
      (mean) => mean.map((value) => -1e4 * Math.sign(value || 1)),
      (_, honest) => honest.map((value) => -1e4 * value - 1e5),
    ];
    const honestCohort = fc
      .record({ f: fc.integer({ min: 1, max: 3 }), dimension: fc.integer({ min: 1, max: 5 }) })
      .chain(({ f, dimension }) =>
        fc.record({
          f: fc.constant(f),
          honest: fc.array(wholeVector(dimension), {
            minLength: 3 * f + 3,
            maxLength: 3 * f + 6,
          }),
          attack: fc.constantFrom(...attacks),
        }),
      );
    await fc.assert(
      fc.asyncProperty(honestCohort, async ({ f, honest, attack }) => {
        const mean = combineByTheBook({ rule: "mean" }, honest);
        const hostile = honest.slice(0, f).map((update) => attack(mean, update));
        const updates = [...honest, ...hostile];
        const within = (combined: readonly number[]): boolean =>
          combined.every((value, i) => {
            const column = honest.map((update) => update[i]!);
            return value >= Math.min(...column) - 1e-9 && value <= Math.max(...column) + 1e-9;
          });
        for (const spec of specsFor(updates.length, f)) {
          expect(within(await combine(spec, updates)), spec.rule).toBe(true);
        }
        expect(within(await combine({ rule: "mean" }, updates))).toBe(false);
        // A norm bound does not leave hostile updates out. It bounds their effect on the mean.
        const M = 6;
        const bounded = await combine({ rule: "normBound", maximumNorm: M }, updates);
        const without = await combine({ rule: "normBound", maximumNorm: M }, honest);
        const moved = bounded.map(
          (value, i) => value * updates.length - without[i]! * honest.length,
        );
        expect(Math.hypot(...moved)).toBeLessThanOrEqual(f * M * (1 + 1e-6));
      }),
      { numRuns: 150 },
    );
  });

  it("counts a report once, however many examples it claims, while the mean does not", async () => {
    const payloads = [[1], [2], [3], [5], [8], [13], [21]].map((update) => encode(update));
    const specs: AggregationSpec[] = [
      ...specsFor(7, 1),
      { rule: "normBound", maximumNorm: 4 },
      { rule: "mean" },
    ];
    for (const spec of specs) {
      const combined = await Promise.all(
        [1, 1_000].map(async (claimed) => {
          const rule = createAggregationRule(spec, crypto, {
            codec: float32,
            dimension: 1,
            mostNorm: Infinity,
          });
          payloads.forEach((payload, i) => {
            rule.add(payload, { exampleCount: i === 6 ? claimed : 1, maxAbs: 21 });
          });
          return valuesOf(await rule.combine(() => Promise.resolve()));
        }),
      );
      if (spec.rule === "mean") expect(combined[1]).not.toEqual(combined[0]);
      else expect(combined[1], spec.rule).toEqual(combined[0]);
    }
  });

  it("gives the same result in blocks as at once, with any codec, and yields between them", async () => {
    const dimension = 2 * 4_096 + 17;
    const n = 11;
    const words = xoshiro128(new Uint8Array(16).fill(7));
    const updates = Array.from({ length: n }, () =>
      Array.from({ length: dimension }, () => words() / 2 ** 31 - 1),
    );
    for (const codec of [float32, uniform8, coded]) {
      const hash = (payload: Uint8Array): string => toHex(crypto.sha256(payload));
      const payloads = updates
        .map((update) => encode(update, codec))
        .sort((a, b) => (hash(a) < hash(b) ? -1 : 1)); // two that are nearest to each other tie
      const decoded = payloads.map((payload) => {
        const values: number[] = [];
        codec.decode(payload, dimension, (block) => values.push(...block));
        return values;
      });
      for (const spec of specsFor(n, 2)) {
        let yields = 0;
        const combined = await combinePayloads(spec, payloads, dimension, {
          codec,
          yieldTurn: () => Promise.resolve(void (yields += 1)),
        });
        const expected = combineByTheBook(spec, decoded);
        const worst = combined.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - expected[i]!)),
          0,
        );
        expect(worst, spec.rule).toBeLessThan(1e-9);
        expect(yields, spec.rule).toBeGreaterThan(0);
      }
    }
  });

  it("does not keep a payload's buffer, and forgets its updates when they are discarded", async () => {
    const rule = createAggregationRule({ rule: "median" }, crypto, {
      codec: float32,
      dimension: 2,
      mostNorm: Infinity,
    });
    const payload = encode([1, 2]);
    for (let i = 0; i < 3; i++) rule.add(payload, { exampleCount: 1, maxAbs: 2 });
    payload.fill(0xff);
    expect(valuesOf(await rule.combine(() => Promise.resolve()))).toEqual([1, 2]);
    rule.discard();
    await expect(rule.combine(() => Promise.resolve())).rejects.toThrow("needs 3 reports");
  });

  it("refuses to combine too few reports", async () => {
    for (const spec of specsFor(100, 2)) {
      const few = Array.from({ length: reportsNeeded(spec) - 1 }, () => [1]);
      await expect(combine(spec, few)).rejects.toThrow(`needs ${reportsNeeded(spec)} reports`);
    }
  });

  it("is exact for the largest and the smallest values together, in a large cohort", async () => {
    // 33 of each of the large values are left. Their sum exceeds 2⁵³ units before it falls back to 0.
    const large = Array.from({ length: 34 }, () => [[2 ** 20], [-(2 ** 20)]]).flat();
    const small = Array.from({ length: 32 }, () => [3 * 2 ** -32]);
    const expected = [(32 * 3 * 2 ** -32) / 98];
    for (const updates of [
      [...large, ...small],
      [...small, ...large],
    ]) {
      expect(await combine({ rule: "trimmedMean", byzantine: 1 }, updates)).toEqual(expected);
    }
  });
});

describe("the memory that a rule keeps", () => {
  it("is nothing for a mean, and the encoded updates for the other rules", () => {
    const dimension = 100_000;
    expect(heldBytes({ rule: "mean" }, 1_000, float32, dimension)).toBe(0);
    expect(heldBytes({ rule: "normBound", maximumNorm: 1 }, 1_000, float32, dimension)).toBe(0);
    for (const spec of specsFor(100, 3)) {
      for (const codec of [float32, uniform8]) {
        const payloads = 100 * codec.payloadBytes(dimension).max;
        const bytes = heldBytes(spec, 100, codec, dimension);
        expect(bytes).toBeGreaterThanOrEqual(payloads);
        expect(bytes).toBeLessThan(payloads + 100 * (2 * 16_384 + 100 * 10) + 1);
      }
    }
  });
});
