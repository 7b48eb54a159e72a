// The same reports give the same hash, in whatever order and in however many places they are added.
import {
  isTributaryError,
  seededRandom,
  shuffledIndices,
  toHex,
  updateCodec,
  xoshiro128,
  type RoundId,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { SumRule } from "../src/aggregation/aggregation-rule.ts";
import { createSumRule } from "../src/aggregation/create-aggregation-rule.ts";
import type { SumSpec } from "../src/aggregation/rule-implementations.ts";
import {
  decodePartialSum,
  encodePartialSum,
  type PartialSumSubject,
} from "../src/aggregation/partial-sum-bytes.ts";
import { fedAvg } from "../src/server-step/fedavg.ts";
import { optimizerStep } from "../src/server-step/optimizer-step.ts";

const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 9);
const DIMENSION = 6_000; // more than one block
const update = { codec: "uniform", bits: 8 } as const;
const codec = updateCodec(update);

interface Report {
  readonly payload: Uint8Array;
  readonly exampleCount: number;
}

/**
 * Makes reports of magnitudes up to `scale`. Some of them cancel others.
 * @param largest - The largest |examples · value|.
 */
function reportsOf(count: number, scale: number, largest = 2 ** 18): Report[] {
  const words = xoshiro128(random.bytes(16));
  return Array.from({ length: count }, () => {
    const own = scale * 2 ** (-20 * (words() / 2 ** 32) ** 2);
    const values = Float32Array.from({ length: DIMENSION }, () => (words() / 2 ** 31 - 1) * own);
    const most = Math.min(1_000, Math.floor(largest / own));
    return {
      payload: codec.encode(values, random),
      exampleCount: 1 + Math.floor((words() / 2 ** 32) * most),
    };
  });
}

function subjectOf(aggregation: SumSpec): PartialSumSubject {
  const roundId = `rnd_${"7".repeat(32)}` as RoundId;
  return { roundId, update, aggregation, dimension: DIMENSION, clipNorm: null };
}

function ruleOf(aggregation: SumSpec, reports: readonly Report[] = []): SumRule {
  const rule = createSumRule(aggregation, { codec, dimension: DIMENSION, mostNorm: Infinity });
  for (const { payload, exampleCount } of reports) {
    const { maxAbs } = codec.validate(payload, DIMENSION);
    rule.add(payload, { exampleCount, maxAbs });
  }
  return rule;
}

/** Returns the hash of the checkpoint that the round makes, and of the round's sum as bytes. */
async function hashesOf(rule: SumRule, subject: PartialSumSubject): Promise<[string, string]> {
  const yieldTurn = (): Promise<void> => Promise.resolve();
  const base = Float32Array.from({ length: DIMENSION }, (_, i) => Math.sin(i));
  const range = [{ offset: 0, length: DIMENSION }];
  const optimizer = fedAvg({ name: "fedavg", learningRate: 1 });
  const update = await rule.combine(yieldTurn);
  const next = await optimizerStep(optimizer, { weights: base }, range, update, yieldTurn);
  return [
    toHex(crypto.sha256(new Uint8Array(next.weights.buffer))),
    toHex(crypto.sha256(encodePartialSum(rule.partial(), subject, crypto))),
  ];
}

const inOrder = <Item>(items: readonly Item[]): Item[] =>
  Array.from(shuffledIndices(items.length, random), (index) => items[index]!);

describe("reports that are added up in parts", () => {
  // The sums of the second kind exceed 2⁵³, so that they are carried. Those of the third kind exceed
  // what the kernel can add, and what fits into 8 bytes.
  it.each([
    ["small", 40, 0.1, { rule: "mean" }, 2 ** 18],
    ["large", 40, 2 ** 17, { rule: "mean" }, 2 ** 18],
    ["huge", 40, 2 ** 19, { rule: "mean" }, 2 ** 40],
    ["norm-bounded", 40, 3, { rule: "normBound", maximumNorm: 10 }, 2 ** 18],
  ] as const)(
    "give one hash in 20 random orders and as 1, 3 and 7 merged partial sums: %s",
    async (_name, count, scale, aggregation, largest) => {
      const subject = subjectOf(aggregation);
      const reports = reportsOf(count, scale, largest);
      const expected = await hashesOf(ruleOf(aggregation, reports), subject);
      for (let order = 0; order < 20; order++) {
        expect(await hashesOf(ruleOf(aggregation, inOrder(reports)), subject)).toEqual(expected);
      }
      for (const parts of [1, 3, 7]) {
        const shares = Array.from({ length: parts }, (): Report[] => []);
        for (const report of inOrder(reports)) {
          shares[(random.bytes(1)[0] ?? 0) % parts]!.push(report);
        }
        // The sums travel as bytes and arrive in any order, as they would from other machines.
        const whole = ruleOf(aggregation);
        for (const share of inOrder(shares)) {
          const bytes = encodePartialSum(ruleOf(aggregation, share).partial(), subject, crypto);
          whole.merge(decodePartialSum(bytes, subject, crypto));
        }
        expect(await hashesOf(whole, subject), `${parts} parts`).toEqual(expected);
      }
    },
  );

  it("give the same bits in any grouping of merges", async () => {
    const aggregation = { rule: "mean" } as const;
    const subject = subjectOf(aggregation);
    const parts = [2 ** 17, 0.5, 2 ** 17, 2 ** 17].map((scale) => reportsOf(6, scale));
    const [a, b, c, d] = parts.map((reports) => () => ruleOf(aggregation, reports));
    const merged = (into: SumRule, ...others: readonly SumRule[]): SumRule => {
      for (const other of others) into.merge(other.partial());
      return into;
    };
    const expected = await hashesOf(ruleOf(aggregation, parts.flat()), subject);
    const groupings = [
      merged(a!(), b!(), c!(), d!()),
      merged(d!(), merged(c!(), merged(b!(), a!()))),
      merged(merged(b!(), d!()), merged(a!(), c!())),
      merged(ruleOf(aggregation), merged(merged(merged(c!(), d!()), a!()), b!())),
    ];
    for (const rule of groupings) expect(await hashesOf(rule, subject)).toEqual(expected);
  });

  it("hold the largest sums that a cohort can reach", async () => {
    const aggregation = { rule: "mean" } as const;
    const subject = subjectOf(aggregation);
    // 2²⁰ · 2²⁰ each: 2⁷² in fixed point, of which 2¹⁴ add up to 2⁸⁶.
    const payload = codec.encode(new Float32Array(DIMENSION).fill(2 ** 20), random);
    const whole = ruleOf(aggregation, [{ payload, exampleCount: 2 ** 20 }]);
    for (let doubling = 0; doubling < 14; doubling++) whole.merge(whole.partial());
    expect(whole.partial().reports).toBe(2 ** 14);
    const bytes = encodePartialSum(whole.partial(), subject, crypto);
    expect(bytes.length).toBe(60 + 16 * DIMENSION + 32);
    const back = ruleOf(aggregation);
    back.merge(decodePartialSum(bytes, subject, crypto));
    const { sums, weight } = await back.combine(() => Promise.resolve());
    const first = new Float64Array(1);
    sums.read(0, first);
    expect(first[0]! / weight).toBe(2 ** 20);
  });
});

describe("a partial sum as bytes", () => {
  const aggregation = { rule: "mean" } as const;
  const subject = subjectOf(aggregation);
  const bytes = encodePartialSum(ruleOf(aggregation, reportsOf(3, 1)).partial(), subject, crypto);

  function refusal(of: Uint8Array, expected: PartialSumSubject = subject): string {
    try {
      decodePartialSum(of, expected, crypto);
    } catch (error) {
      return isTributaryError(error, "PARTIAL_SUM_INVALID") ? error.message : String(error);
    }
    return "accepted";
  }

  /** Changes bytes of a partial sum, and then makes its checksum correct again. */
  function forged(change: (view: DataView) => void): Uint8Array {
    const body = bytes.slice(0, -32);
    change(new DataView(body.buffer));
    return new Uint8Array([...body, ...crypto.sha256(body)]);
  }

  it("is refused when a single bit has changed", () => {
    expect(refusal(bytes)).toBe("accepted");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const changed = bytes.slice();
        changed[at]! ^= 1 << bit;
        expect(refusal(changed)).toContain("A partial sum cannot be merged");
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  it("is refused when it has any other length", () => {
    for (const length of [0, 1, 59, 60, 92, bytes.length - 4, bytes.length - 1]) {
      expect(refusal(bytes.subarray(0, length))).toContain("A partial sum cannot be merged");
    }
    expect(refusal(new Uint8Array([...bytes, 0]))).toContain("not as long as its header says");
  });

  it("is refused for another round, codec, rule or dimension", () => {
    const others: Partial<PartialSumSubject>[] = [
      { roundId: `rnd_${"8".repeat(32)}` as RoundId },
      { update: { codec: "float32" } },
      { aggregation: { rule: "normBound", maximumNorm: 1 } },
      { dimension: DIMENSION + 1 },
    ];
    for (const other of others)
      expect(refusal(bytes, { ...subject, ...other })).toContain("another");
  });

  it("is refused when it claims an impossible number of reports or examples", () => {
    const claims = (reports: number, weight: bigint): Uint8Array =>
      forged((view) => {
        view.setUint32(44, reports, true);
        view.setBigUint64(48, weight, true);
      });
    expect(refusal(claims(3, 2n))).toContain("3 reports with a weight of 2");
    expect(refusal(claims(3, 3n * 2n ** 20n))).toBe("accepted");
    expect(refusal(claims(3, 3n * 2n ** 20n + 1n))).toContain("weight of 3145729");
    expect(refusal(claims(16_385, 2n ** 30n))).toContain("16385 reports");
    expect(refusal(claims(0, 2n ** 63n))).toContain("0 reports");
  });

  it("is refused when a sum is not finite, not whole, or not one that reports can make", () => {
    const wrong = (low: number, high: number): void => {
      const wide = new Uint8Array(60 + 16 * DIMENSION);
      wide.set(bytes.subarray(0, 60));
      const view = new DataView(wide.buffer);
      view.setUint8(56, 16);
      view.setFloat64(60, low, true);
      view.setFloat64(60 + 8 * DIMENSION, high, true);
      const whole = new Uint8Array([...wide, ...crypto.sha256(wide)]);
      expect(refusal(whole)).toContain("not one that reports can make");
    };
    for (const high of [NaN, Infinity, 0.5, 2 ** 48]) wrong(0, high);
    for (const low of [NaN, Infinity, 0.5, -1, 2 ** 40]) wrong(low, 0);
  });
});
