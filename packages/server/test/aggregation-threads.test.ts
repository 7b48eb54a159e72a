import {
  TributaryError,
  createKernelsSync,
  seededRandom,
  updateCodec,
  xoshiro128,
  type AggregationSpec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { afterAll, describe, expect, it } from "vitest";

import { AdderQueue } from "../src/aggregation-threads/adder-queue.ts";
import { ThreadAdders, usualThreads } from "../src/aggregation-threads/thread-adders.ts";
import {
  AccumulatorMemory,
  createAggregationRule,
  localAdders,
  updateForm,
  type OpenAdder,
} from "@tributary/core";
import { bitsOf } from "@tributary/core/testing";

const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 21);
const DIMENSION = 9_000;
const update = { codec: "uniform", bits: 8 } as const;
const codec = updateCodec(update);

const deaths: TributaryError[] = [];
const pools = new Map(
  [1, 3].map((threads) => [
    threads,
    new ThreadAdders({ threads, onDeath: (error) => deaths.push(error) }),
  ]),
);
afterAll(() => Promise.all(Array.from(pools.values(), (pool) => pool.close())));

/** In shared memory, as uploads are. */
function payloadOf(seed: number, scale: number): Uint8Array {
  const words = xoshiro128(new Uint8Array(16).fill(seed));
  const values = Float32Array.from({ length: DIMENSION }, () => (words() / 2 ** 31 - 1) * scale);
  const encoded = codec.encode(values, random);
  const payload = new Uint8Array(new SharedArrayBuffer(encoded.length));
  payload.set(encoded);
  return payload;
}

const reports = Array.from({ length: 17 }, (_, i) => ({
  payload: payloadOf(i + 1, 2 ** (i % 9)),
  exampleCount: 1 + 3 * i,
}));
const rest = (): Promise<void> => Promise.resolve();

/** All sums and the weight, bit for bit, as one text: comparing thousands of texts takes long. */
async function combined(
  open: OpenAdder,
  aggregation: AggregationSpec,
  order: readonly (typeof reports)[number][] = reports,
  clipNorm: number | null = null,
): Promise<string> {
  const adder = open({ update, aggregation, dimension: DIMENSION, clipNorm });
  await Promise.all(order.map(async (report) => adder.add(report.payload, report.exampleCount)));
  const { sums, weight } = await adder.combine(rest);
  const values = new Float64Array(DIMENSION);
  sums.read(0, values);
  adder.discard();
  return bitsOf([...values, weight]).join(" ");
}

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return error instanceof TributaryError ? error.code : String(error);
  }
  return "accepted";
}

it("a thread's queue leaves nothing of an update in the memory that it works in", async () => {
  const kernels = createKernelsSync();
  const memory = new AccumulatorMemory(kernels);
  const form = updateForm({ update, dimension: DIMENSION, clipNorm: null }, kernels);
  const rule = createAggregationRule({ rule: "mean" }, crypto, form, memory);
  const queue = new AdderQueue({ codec: form.codec, rule }, memory);
  await Promise.all(reports.map(({ payload, exampleCount }) => queue.add(payload, exampleCount)));
  const left = Buffer.from(kernels.memory.buffer);
  for (const { payload } of reports)
    expect(left.includes(Buffer.from(payload.slice(8, 40)))).toBe(false);
  queue.discard();
  expect(Buffer.from(kernels.memory.buffer, kernels.workspace).every((byte) => byte === 0)).toBe(
    true,
  );
});

describe("threads that add up reports", () => {
  const rules: readonly AggregationSpec[] = [
    { rule: "mean" },
    { rule: "normBound", maximumNorm: 100 },
    { rule: "median" },
    { rule: "multiKrum", byzantine: 2 },
  ];

  it.each(rules)(
    "hold updates to the clip norm as adding in one place does: %o",
    async (aggregation) => {
      const expected = await combined(localAdders(crypto), aggregation, reports, 30);
      expect(expected).not.toBe(await combined(localAdders(crypto), aggregation));
      for (const pool of pools.values()) {
        expect(await combined(pool.open, aggregation, reports.toReversed(), 30)).toBe(expected);
      }
    },
  );

  it.each(rules)("give the bits that adding in one place gives: %o", async (aggregation) => {
    const expected = await combined(localAdders(crypto), aggregation);
    for (const pool of pools.values()) {
      expect(await combined(pool.open, aggregation)).toEqual(expected);
      expect(await combined(pool.open, aggregation, reports.toReversed())).toEqual(expected);
    }
    // Many at once were given to as many threads as there may be.
    expect(Array.from(pools.values(), (pool) => pool.threadCount)).toEqual([1, 3]);
  });

  it("take a bias that moves by 12 at a client of 60,000 rows, and the largest update of all", async () => {
    const dimension = 3;
    const float32 = updateCodec({ codec: "float32" });
    const updates: [values: number[], exampleCount: number][] = [
      [[12, 0.1, -(2 ** -20)], 60_000],
      [[0.5, -0.25, 0], 10],
      [[2 ** 20, 2 ** -12, -(2 ** 20)], 2 ** 20],
    ];
    const most = 60_000 + 10 + 2 ** 20;
    const expected = [0, 1, 2].map((i) =>
      updates.reduce((sum, [values, count]) => sum + count * Math.fround(values[i]!), 0),
    );
    for (const { open } of [{ open: localAdders(crypto) }, ...pools.values()]) {
      const spec = { update: { codec: "float32" }, aggregation: { rule: "mean" } } as const;
      const adder = open({ ...spec, dimension, clipNorm: null });
      for (const [values, exampleCount] of updates) {
        await adder.add(float32.encode(Float32Array.from(values), random), exampleCount);
      }
      const { sums, weight } = await adder.combine(rest);
      const values = new Float64Array(dimension);
      sums.read(0, values);
      adder.discard();
      expect(weight).toBe(most);
      values.forEach((sum, i) =>
        expect(Math.abs(sum - expected[i]!)).toBeLessThanOrEqual(2 ** -12),
      );
    }
  });

  it("give several rounds at a time their own sums", async () => {
    const expected = await combined(localAdders(crypto), { rule: "mean" });
    const pool = pools.get(3)!;
    const rounds = Array.from({ length: 4 }, () => combined(pool.open, { rule: "mean" }));
    for (const round of await Promise.all(rounds)) expect(round).toEqual(expected);
  });

  it("take a hostile report whole or not at all, and say why", async () => {
    const expected = await combined(localAdders(crypto), { rule: "mean" });
    const hostile = reports.slice(0, 4).map(({ payload }) => payload.slice());
    const view = (index: number): DataView => new DataView(hostile[index]!.buffer);
    const lastBlock = 2 * (8 + 4_096);
    view(0).setFloat32(lastBlock, NaN, true);
    view(1).setFloat32(lastBlock + 4, -1, true);
    view(2).setFloat32(lastBlock + 4, 3e38, true);
    const codes = ["UPDATE_NOT_FINITE", "UPDATE_MALFORMED", "UPDATE_OUT_OF_RANGE", "UPDATE_SHAPE"];
    for (const pool of pools.values()) {
      const adder = pool.open({
        update,
        aggregation: { rule: "mean" },
        dimension: DIMENSION,
        clipNorm: null,
      });
      const adding = reports.flatMap(({ payload, exampleCount }, i) => {
        const bad = i === 3 ? payload.slice(1) : hostile[i];
        return [
          ...(bad === undefined || i > 3 ? [] : [codeOf(() => adder.add(bad, 5))]),
          codeOf(() => adder.add(payload, exampleCount)),
        ];
      });
      const told = await Promise.all(adding);
      expect(told.filter((code) => code !== "accepted")).toEqual(codes);
      const { sums, weight } = await adder.combine(rest);
      const values = new Float64Array(DIMENSION);
      sums.read(0, values);
      expect(bitsOf([...values, weight]).join(" ")).toBe(expected);
    }
  });

  it("forget a round that is given up", async () => {
    for (const pool of pools.values()) {
      const adder = pool.open({
        update,
        aggregation: { rule: "mean" },
        dimension: DIMENSION,
        clipNorm: null,
      });
      const adding = reports.map(async (report) => adder.add(report.payload, report.exampleCount));
      adder.discard();
      adder.discard();
      // What had been asked for before is done or not; the round's sums are gone either way.
      await Promise.allSettled(adding);
      const expected = await combined(localAdders(crypto), { rule: "mean" });
      expect(await combined(pool.open, { rule: "mean" })).toEqual(expected);
    }
  });

  it("fail the rounds that a dead one worked for, and no others", async () => {
    const script = new URL("./thread-that-dies.mjs", import.meta.url);
    const told: TributaryError[] = [];
    const pool = new ThreadAdders({ threads: 1, script, onDeath: (error) => told.push(error) });
    const { payload } = reports[0]!;
    for (const deathsSoFar of [1, 2]) {
      const adder = pool.open({
        update,
        aggregation: { rule: "mean" },
        dimension: DIMENSION,
        clipNorm: null,
      });
      const both = [adder.add(payload, 1), adder.add(payload, 1)];
      expect(await Promise.all(both.map((add) => codeOf(() => add)))).toEqual([
        "INTERNAL",
        "INTERNAL",
      ]);
      expect(told.length).toBe(deathsSoFar);
      expect(pool.threadCount).toBe(0);
      // What it had is lost: the round can neither go on nor be combined.
      expect(await codeOf(() => adder.add(payload, 1))).toBe("INTERNAL");
      expect(await codeOf(() => adder.combine(rest))).toBe("INTERNAL");
    }
    await pool.close();
  });

  it("are as many as there are cores for them", () => {
    expect(usualThreads()).toBeGreaterThanOrEqual(1);
    expect(usualThreads()).toBeLessThanOrEqual(4);
  });

  it("had no accident in all this", () => {
    expect(deaths).toEqual([]);
  });
});
