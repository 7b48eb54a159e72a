// The moving statistics of batch normalisation: what a round makes of those in its reports.
import {
  applyDifference,
  downloadCodec,
  isTributaryError,
  planOf,
  seededRandom,
  splitStatistics,
  unpackRanges,
  updateCodec,
  withStatistics,
  withoutRanges,
  xoshiro128,
  type AggregationSpec,
  type ServerOptimizerSpec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";
import { checkAggregationMemory } from "../src/aggregation/check-aggregation-memory.ts";
import { openStatistics } from "../src/aggregation/open-statistics.ts";
import { localAdders } from "../src/aggregation/update-adder.ts";
import { ExactTotal } from "../src/aggregation/exact-total.ts";
import { PlainCollection } from "../src/collection/plain-collection.ts";
import { modelTerms, type ModelState } from "../src/server-step/model-state.ts";
import { serverOptimizer } from "../src/server-step/server-optimizers.ts";
import { bitsOf } from "../src/testing/bits-of.ts";
import { exampleTask } from "../src/testing/example-task.ts";

const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 4);
const words = xoshiro128(new Uint8Array(16).fill(5));
const uniform = (): number => words() / 2 ** 32;
const yieldTurn = (): Promise<void> => Promise.resolve();

/** The mean and the variance of numbers, in two passes. */
function moments(values: readonly number[]): [mean: number, variance: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
}

describe("sums of numbers of any size", () => {
  it("equal sums of integers of any size, in every order", () => {
    const unit = 2n ** 96n;
    const numbers = Array.from({ length: 300 }, () => {
      const magnitude = Math.fround(uniform()) * 2 ** Math.floor(uniform() * 200 - 60);
      return uniform() < 0.5 ? magnitude : -magnitude;
    });
    // This drops what is below 2⁻⁹⁶.
    const exact = numbers.reduce((sum, x) => sum + BigInt(Math.trunc(x * 2 ** 96)), 0n);
    const sumOf = (list: readonly number[]): number => {
      const total = new ExactTotal();
      expect(total.value).toBe(0);
      for (const number of list) total.add(number);
      return total.value;
    };
    const sum = sumOf(numbers);
    expect(Math.abs(sum - Number(exact) / Number(unit))).toBeLessThanOrEqual(1e-15 * Math.abs(sum));
    for (let order = 0; order < 5; order++) {
      const shuffled = numbers.toSorted(() => uniform() - 0.5);
      expect(bitsOf([sumOf(shuffled)])).toEqual(bitsOf([sum]));
    }
    expect(sumOf([2 ** 149, 2 ** -90, -(2 ** 149)])).toBe(2 ** -90);
  });
});

describe("pooled statistics", () => {
  it("are those of all examples together, however differently the clients' examples lie", () => {
    const clients = [
      [4_000, 800, 7],
      [-3, 0.01, 60],
      [12, 5, 1_000],
    ].map(([at, spread, count]) => Array.from({ length: count! }, () => at! + spread! * uniform()));
    const pool = openStatistics({ rule: "mean" }, 1);
    for (const rows of clients) pool.add(Float32Array.from(moments(rows)), rows.length);
    const [mean, variance] = moments(clients.flat());
    const pooled = pool.combine();
    expect(pooled[0]! / mean).toBeCloseTo(1, 6);
    expect(pooled[1]! / variance).toBeCloseTo(1, 6);
  });

  it("have the same bits in any order of the reports", () => {
    const reports = Array.from({ length: 40 }, () => ({
      statistics: Float32Array.of(1e6 * (uniform() - 0.5), uniform(), 1e9 * uniform(), 1e-6),
      weight: 1 + Math.floor(1_000 * uniform()),
    }));
    const poolOf = (order: typeof reports): Float32Array => {
      const pool = openStatistics({ rule: "mean" }, 2);
      for (const { statistics, weight } of order) pool.add(statistics, weight);
      return pool.combine();
    };
    const expected = poolOf(reports);
    for (let order = 0; order < 5; order++) {
      expect(poolOf(reports.toSorted(() => uniform() - 0.5))).toEqual(expected);
    }
  });

  it("are finite and never negative, whatever is accepted of clients", () => {
    const pool = openStatistics({ rule: "mean" }, 2);
    pool.add(Float32Array.of(2 ** 62, 1e6, 2 ** 124, 0), 2 ** 20);
    pool.add(Float32Array.of(-(2 ** 62), 1e6, 2 ** 124, 0), 2 ** 20);
    const pooled = pool.combine();
    expect(pooled.every((value) => Number.isFinite(value))).toBe(true);
    expect(pooled[3]).toBe(0);
  });
});

it.each<AggregationSpec>([
  { rule: "normBound", maximumNorm: 1 },
  { rule: "median" },
  { rule: "trimmedMean", byzantine: 2 },
  { rule: "krum", byzantine: 2 },
])("under $rule hostile statistics stay within those of honest clients", (aggregation) => {
  const pool = openStatistics(aggregation, 1);
  for (const mean of [9, 10, 11, 12, 13]) pool.add(Float32Array.of(mean, 4), 10);
  for (let hostile = 0; hostile < 2; hostile++) {
    pool.add(Float32Array.of(2 ** 62, 2 ** 124), 1_000_000);
  }
  const [mean, variance] = pool.combine();
  expect(mean).toBeGreaterThanOrEqual(9);
  expect(mean).toBeLessThanOrEqual(13);
  expect(variance).toBeGreaterThanOrEqual(4);
  expect(variance).toBeLessThanOrEqual(4 + 16);
});

const topology = {
  class_name: "Sequential",
  config: {
    layers: [
      { class_name: "BatchNormalization", config: { name: "bn" } },
      { class_name: "Dense", config: { name: "out" } },
    ],
  },
};
const parameters = [
  { name: "bn/gamma", shape: [2] },
  { name: "bn/moving_mean", shape: [2] },
  { name: "bn/moving_variance", shape: [2] },
  { name: "out/kernel", shape: [2, 3] },
];
const before = Float32Array.from([1, 1, 0, 0, 1, 1, 6, 5, 4, 3, 2, 1]);
const STATISTICS = [
  { offset: 2, length: 2 },
  { offset: 4, length: 2 },
];
const UPDATED = [
  { offset: 0, length: 2 },
  { offset: 6, length: 6 },
];

const HALF: ServerOptimizerSpec = { name: "fedavg", learningRate: 0.5 };

/** Opens a collection for a small model that begins with batch normalisation. */
function openRound(
  plan: object = {},
  spec: ServerOptimizerSpec = HALF,
  aggregation: AggregationSpec = { rule: "mean" },
) {
  const optimizer = serverOptimizer(spec);
  const round = { goalCount: 5, overselection: 1, minimumFraction: 1 };
  const task = exampleTask({ plan: { metrics: [], ...plan }, aggregation, round });
  const terms = modelTerms(planOf(task, { topology, parameters }));
  const { update, clipNorm } = terms.plan;
  const adder = localAdders(crypto)({ update, aggregation, clipNorm, dimension: terms.dimension });
  const weighting = { weighting: "examples", maximumExamples: 100 } as const;
  const collection = new PlainCollection({ terms, adder, optimizer, weighting });
  const codec = updateCodec(update);
  const reportOf = (statistics: readonly number[], exampleCount: number, value = 2) => ({
    exampleCount,
    payload: withStatistics(
      codec.encode(new Float32Array(8).fill(value), random),
      Float32Array.from(statistics),
    ),
    metrics: [{ name: "loss", value: 1 }],
  });
  return { collection, terms, reportOf };
}

describe("a round of a model with batch normalisation", () => {
  it("asks for statistics behind the update, which a header must count in", () => {
    expect(openRound().collection.begin()).toMatchObject({
      ...{ dimension: 8, statistics: 4, payloadBytes: { min: 48, max: 48 } },
    });
  });

  it("applies the learning rate and the clip norm to the weights, and neither to statistics", async () => {
    const { collection, reportOf } = openRound({ clipNorm: 0.001, batchNormalization: "pooled" });
    void collection.receive(reportOf([4_000, -1, 640_000, 2], 50));
    void collection.receive(reportOf([4_100, -1, 640_000, 2], 5_000_000)); // counts for 100
    const next = await collection.combine({ weights: before }, { random, yieldTurn });
    const mean = (50 * 4_000 + 100 * 4_100) / 150;
    const square = 640_000 + (50 * 4_000 ** 2 + 100 * 4_100 ** 2) / 150;
    expect(next.weights[2]).toBe(Math.fround(mean));
    expect(next.weights[4]! / (square - mean ** 2)).toBeCloseTo(1, 6);
    expect([next.weights[3], next.weights[5]]).toEqual([-1, 2]);
    expect(Math.abs(next.weights[6]! - 6)).toBeLessThan(0.001);
  });

  it("remembers only what is trained, and replaces statistics as they are, with another optimizer", async () => {
    const adam = { name: "fedadam", learningRate: 1, beta1: 0.9, beta2: 0.99, tau: 1 } as const;
    const { collection, reportOf } = openRound({}, adam);
    void collection.receive(reportOf([4_000, -1, 640_000, 2], 50));
    const next = await collection.combine({ weights: before }, { random, yieldTurn });
    expect(next.memory).toHaveLength(2 * 8);
    expect([...next.weights.slice(2, 6)]).toEqual([4_000, -1, 640_000, 2]);
    const step = (0.1 * 2) / (Math.sqrt(0.99 + 0.01 * 4) + 1);
    expect(next.weights[6]).toBe(Math.fround(6 + step));
  });

  it.each([
    { encoding: "float16" },
    { encoding: "difference", update: { codec: "eden", bits: 1 } },
    { encoding: "difference", update: { codec: "uniform", bits: 8 } },
  ])("sends the statistics to clients as float32, with the download %o", async (download) => {
    const { collection, reportOf, terms } = openRound({ download });
    void collection.receive(reportOf([4_321.5, 0.1, 640_000, 1e9], 10));
    const next = await collection.combine({ weights: before }, { random, yieldTurn });
    expect(next.weights.slice(2, 6)).toEqual(Float32Array.of(4_321.5, 0.1, 640_000, 1e9));
    // What a client makes of what it gets.
    const { head, statistics } = splitStatistics(next.packed ?? next.difference!, 4);
    expect(statistics).toEqual(next.weights.slice(2, 6));
    const codec = downloadCodec(terms.plan.download)!;
    let received: Float32Array = new Float32Array(12);
    if (next.packed === undefined) received = applyDifference(before, UPDATED, codec, head);
    else
      unpackRanges(received, withoutRanges([{ offset: 0, length: 12 }], STATISTICS), codec, head);
    received.set(statistics, 2);
    expect(bitsOf([...received])).toEqual(bitsOf([...next.weights]));
    // The residual is one of the weights alone, and no longer than their step.
    expect(next.residual!.slice(2, 6)).toEqual(new Float32Array(4));
    expect(Math.hypot(...next.residual!)).toBeLessThanOrEqual(Math.hypot(...Array(8).fill(1)));
  });

  it.each<AggregationSpec>([
    { rule: "krum", byzantine: 1 },
    { rule: "multiKrum", byzantine: 1, selected: 2 },
    { rule: "median" },
    { rule: "trimmedMean", byzantine: 1 },
    { rule: "normBound", maximumNorm: 8 },
  ])(
    "stays with the honest clients under %o, in rounds of other members, and clients follow its differences",
    async (rule) => {
      const download = { encoding: "difference", update: { codec: "uniform", bits: 8 } };
      const honest = Array.from({ length: 8 }, (_, k) => ({
        mean: 4_000 + k,
        value: 0.1 + k / 100,
      }));
      let state: ModelState = { weights: before };
      let client: Float32Array = before.slice();
      for (let round = 0; round < 4; round++) {
        const { collection, reportOf, terms } = openRound({ download }, HALF, rule);
        // Four of the eight honest clients take part, and one that is hostile in everything.
        for (let k = 0; k < 4; k++) {
          const { mean, value } = honest[(2 * round + k) % 8]!;
          void collection.receive(reportOf([mean, -mean, 640_000, 2], 50, value));
        }
        void collection.receive(reportOf([1e18, -1e18, 1e36, 1e36], 100, -100));
        const next = await collection.combine(state, { random, yieldTurn });
        const { head, statistics } = splitStatistics(next.difference!, 4);
        client = applyDifference(client, UPDATED, downloadCodec(terms.plan.download)!, head);
        client.set(statistics, 2);
        expect(bitsOf([...client])).toEqual(bitsOf([...next.weights]));
        expect(next.weights[2]).toBeGreaterThanOrEqual(4_000);
        expect(next.weights[2]).toBeLessThanOrEqual(4_007);
        expect(next.weights[5]).toBeLessThan(100);
        state = next;
      }
      // Each round moves the weights by half of what honest clients say, but for what is yet to be sent.
      const moved = state.weights[6]! + (state.residual?.[6] ?? 0) - before[6]!;
      expect(moved).toBeGreaterThan(rule.rule === "normBound" ? -4 : 4 * 0.5 * 0.1 - 0.01);
      expect(moved).toBeLessThan(4 * 0.5 * 0.17 + 0.01);
    },
  );

  it("refuses hostile statistics with their code, and goes on as if they had not come", async () => {
    const honest = [1, 2, 3, 4];
    const made = async (hostile: boolean): Promise<string> => {
      const { collection, reportOf } = openRound();
      for (const [statistics, code] of [
        [[NaN, 0, 1, 1], "UPDATE_NOT_FINITE"],
        [[0, 0, -1, 1], "UPDATE_MALFORMED"],
        [[0, 3e38, 1, 1], "UPDATE_OUT_OF_RANGE"],
        [[0, 0, 1], "UPDATE_SHAPE"],
      ] as const) {
        if (!hostile) continue;
        let told: unknown;
        try {
          void collection.receive(reportOf(statistics, 10));
        } catch (error) {
          told = error;
        }
        expect(isTributaryError(told, code), code).toBe(true);
      }
      void collection.receive(reportOf(honest, 10));
      expect(collection.reportCount).toBe(1);
      const next = await collection.combine({ weights: before }, { random, yieldTurn });
      return bitsOf([...next.weights]).join();
    };
    expect(await made(true)).toBe(await made(false));
  });

  it("changes nothing of the layers that stay with the clients", async () => {
    const { collection, reportOf, terms } = openRound({ batchNormalization: "local" });
    expect([terms.dimension, terms.statistics]).toEqual([6, 0]);
    const { payload, ...report } = reportOf([], 10);
    void collection.receive({ ...report, payload: payload.subarray(8) }); // float32: two values less
    const next = await collection.combine({ weights: before }, { random, yieldTurn });
    expect(next.weights.slice(0, 6)).toEqual(before.slice(0, 6));
    expect([...next.weights.slice(6)]).toEqual([7, 6, 5, 4, 3, 2]);
  });

  it("counts the statistics that a robust rule holds when a task is created", () => {
    const task = exampleTask({ plan: { metrics: [] }, aggregation: { rule: "median" } });
    const plan = planOf(task, { topology, parameters });
    const check = (limit: number): void =>
      checkAggregationMemory(plan, 3, { maxRobustAggregationBytes: limit });
    const bytes = 3 * (8 * 4 + 8 * 4 + 4 * 4); // each update, its row, its statistics
    check(bytes);
    expect(() => check(bytes - 1)).toThrow(/keeps the 3 updates/);
  });
});
