import {
  isTributaryError,
  planOf,
  seededRandom,
  updateCodec,
  xoshiro128,
  type MetricValue,
  type UpdateSpec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";

import { localAdders } from "../src/aggregation/update-adder.ts";
import { PlainCollection } from "../src/collection/plain-collection.ts";
import type { Report } from "../src/collection/report.ts";
import { reportWeight, type WeightingTerms } from "../src/collection/report-weight.ts";
import { fedAvg } from "../src/server-step/fedavg.ts";
import { modelTerms } from "../src/server-step/model-state.ts";
import { exampleTask } from "../src/testing/example-task.ts";
import { bitsOf } from "../src/testing/bits-of.ts";

const DIMENSION = 5_000; // more than one block of a codec
const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 4);
const FLOAT32: UpdateSpec = { codec: "float32" };
const UNIFORM8: UpdateSpec = { codec: "uniform", bits: 8 };
const EDEN: UpdateSpec = { codec: "eden", bits: 8 };
const CODED: UpdateSpec = { codec: "eden", bits: 2, entropy: true };
const float32 = updateCodec(FLOAT32);
const uniform8 = updateCodec(UNIFORM8);
const eden = updateCodec(EDEN);
const coded = updateCodec(CODED);

function vector(seed: number, scale = 1): Float32Array {
  const words = xoshiro128(new Uint8Array(16).fill(seed));
  return Float32Array.from({ length: DIMENSION }, () => (words() / 2 ** 31 - 1) * scale);
}

function reportOf(update: Float32Array, exampleCount = 10, metrics: MetricValue[] = []): Report {
  return { exampleCount, payload: float32.encode(update, random), metrics };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Makes a collection for a plan that averages `DIMENSION` values, and a way to read its sums. */
function openPlain(
  update: UpdateSpec,
  weighting: WeightingTerms = { weighting: "examples", maximumExamples: 2 ** 20 },
) {
  const task = exampleTask({ plan: { update, metrics: [] } });
  const parameters = [{ name: "layer/kernel", shape: [DIMENSION] }];
  const terms = modelTerms(planOf(task, { topology: {}, parameters }));
  const { aggregation } = terms.plan;
  const adder = localAdders(crypto)({ update, aggregation, dimension: DIMENSION, clipNorm: null });
  const collection = new PlainCollection({
    terms,
    adder,
    optimizer: fedAvg({ name: "fedavg", learningRate: 1 }),
    weighting,
  });
  const read = async (): Promise<{ readonly sums: Float64Array; readonly weight: number }> => {
    const { sums, weight } = await adder.combine(() => Promise.resolve());
    const out = new Float64Array(sums.dimension);
    sums.read(0, out);
    return { sums: out, weight };
  };
  // The bits are joined to one text, because it takes long to compare thousands of texts.
  const bits = async (): Promise<string> => {
    const { sums, weight } = await read();
    return bitsOf([...sums, weight]).join(" ");
  };
  return { collection, read, bits };
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isTributaryError(error) ? error.code : String(error);
  }
  return "accepted";
}

it.each([
  [{ weighting: "examples", maximumExamples: 100 }, 8, 8],
  [{ weighting: "examples", maximumExamples: 100 }, 1_048_576, 100],
  [{ weighting: "uniform", maximumExamples: 100 }, 1_048_576, 1],
] as const)("under %o a report of %i examples counts for %i", (terms, exampleCount, expected) => {
  expect(reportWeight(terms, exampleCount)).toBe(expected);
});

describe("a plain collection", () => {
  it("counts a report for the capped number of examples, in the updates and in the metrics", async () => {
    const { collection, read } = openPlain(FLOAT32, { weighting: "examples", maximumExamples: 30 });
    const [small, large] = [vector(1), vector(2)];
    void collection.receive(reportOf(small, 10, [{ name: "loss", value: 1 }]));
    void collection.receive(reportOf(large, 500_000, [{ name: "loss", value: 2 }]));
    const { sums, weight } = await read();
    expect(weight).toBe(40);
    sums.forEach((sum, i) => expect(sum).toBeCloseTo(10 * small[i]! + 30 * large[i]!, 5));
    expect(collection.measured().metrics).toEqual({ loss: 1.75 });
    expect(collection.exampleCount).toBe(500_010);
  });

  it("accepts a rotated update of very many examples after it has looked for a closer bound", async () => {
    const update = vector(1, 0.1);
    const payload = eden.encode(update, random);
    const exampleCount = 1_000_000;
    expect(eden.validate(payload, DIMENSION).maxAbs * exampleCount).toBeGreaterThan(2 ** 19);
    const { collection, read } = openPlain(EDEN);
    void collection.receive({ exampleCount, payload, metrics: [] });
    const { sums, weight } = await read();
    sums.forEach((sum, i) => expect(Math.abs(sum / weight - update[i]!)).toBeLessThan(0.005));
  });

  it("gives the same bits in any order of the reports, with any codec", async () => {
    for (const spec of [FLOAT32, UNIFORM8, EDEN, CODED]) {
      const codec = updateCodec(spec);
      const reports = [1, 2, 3, 4, 5].map((seed) => ({
        exampleCount: seed * 7,
        payload: codec.encode(vector(seed, seed * 3), random),
        metrics: [{ name: "loss", value: seed / 3 }],
      }));
      const folded = async (order: readonly Report[]) => {
        const { collection, bits } = openPlain(spec);
        for (const report of order) void collection.receive(report);
        return { sums: await bits(), means: collection.measured().metrics };
      };
      const expected = await folded(reports);
      expect(await folded(reports.toReversed())).toEqual(expected);
      expect(await folded([2, 0, 4, 1, 3].map((i) => reports[i]!))).toEqual(expected);
    }
  });

  it("adds a hostile report either as a whole or not at all", async () => {
    const { collection, bits } = openPlain(FLOAT32);
    const metrics = [{ name: "loss", value: 1 }];
    void collection.receive({ ...reportOf(vector(1)), metrics });
    const before = { sums: await bits(), means: collection.measured().metrics };
    const withLast = (value: number): Uint8Array => {
      const update = vector(2);
      update[DIMENSION - 1] = value;
      return bytesOf(update);
    };
    const good = bytesOf(vector(2));
    const hostile: [payload: Uint8Array, exampleCount: number, code: string][] = [
      [withLast(NaN), 10, "UPDATE_NOT_FINITE"],
      [withLast(Infinity), 10, "UPDATE_NOT_FINITE"],
      [withLast(-Infinity), 10, "UPDATE_NOT_FINITE"],
      [good.subarray(0, -1), 10, "UPDATE_SHAPE"],
      [good.subarray(0, -4), 10, "UPDATE_SHAPE"],
      [new Uint8Array(0), 10, "UPDATE_SHAPE"],
      [bytesOf(new Float32Array(DIMENSION + 1)), 10, "UPDATE_SHAPE"],
      [withLast(3e38), 1, "UPDATE_OUT_OF_RANGE"],
      [withLast(2 ** 20 + 1), 1, "UPDATE_OUT_OF_RANGE"],
      [good, NaN, "EXAMPLE_COUNT_INVALID"],
      [good, Infinity, "EXAMPLE_COUNT_INVALID"],
    ];
    for (const [payload, exampleCount, code] of hostile) {
      expect(codeOf(() => collection.receive({ exampleCount, payload, metrics }))).toBe(code);
      expect({ sums: await bits(), means: collection.measured().metrics }).toEqual(before);
      expect([collection.reportCount, collection.exampleCount]).toEqual([1, 10]);
    }
  });

  it("refuses a quantized payload with an impossible grid, with its sums unchanged", async () => {
    const { collection, bits } = openPlain(UNIFORM8);
    void collection.receive({
      exampleCount: 1,
      payload: uniform8.encode(vector(1), random),
      metrics: [],
    });
    const before = await bits();
    const lastBlock = 8 + 4_096; // after the first block's header and codes
    const lies: [at: number, value: number, code: string][] = [
      [lastBlock, NaN, "UPDATE_NOT_FINITE"],
      [lastBlock + 4, Infinity, "UPDATE_NOT_FINITE"],
      [lastBlock + 4, -1, "UPDATE_MALFORMED"],
      [lastBlock, 3e38, "UPDATE_OUT_OF_RANGE"],
      [lastBlock + 4, 3e38, "UPDATE_OUT_OF_RANGE"],
    ];
    for (const [at, value, code] of lies) {
      const payload = uniform8.encode(vector(2), random);
      new DataView(payload.buffer, payload.byteOffset).setFloat32(at, value, true);
      expect(codeOf(() => collection.receive({ exampleCount: 1, payload, metrics: [] }))).toBe(
        code,
      );
      expect(await bits()).toEqual(before);
    }
  });

  it.each([
    ["eden", EDEN, 4],
    ["eden with entropy coding", CODED, 6],
  ] as const)(
    "refuses an %s payload that is not valid, with its sums unchanged",
    async (_, spec, scaleAt) => {
      const codec = updateCodec(spec);
      const { collection, bits } = openPlain(spec);
      void collection.receive({
        exampleCount: 1,
        payload: codec.encode(vector(1), random),
        metrics: [],
      });
      const before = await bits();
      for (const [scale, code] of [
        [NaN, "UPDATE_NOT_FINITE"],
        [-Infinity, "UPDATE_NOT_FINITE"],
        [-1, "UPDATE_MALFORMED"],
        [-0, "UPDATE_MALFORMED"],
        [3e38, "UPDATE_OUT_OF_RANGE"],
      ] as const) {
        const payload = codec.encode(vector(2), random);
        new DataView(payload.buffer, payload.byteOffset).setFloat32(scaleAt, scale, true);
        expect(codeOf(() => collection.receive({ exampleCount: 1, payload, metrics: [] }))).toBe(
          code,
        );
        expect(await bits()).toEqual(before);
      }
    },
  );

  it("refuses an entropy code that ends at a wrong place, with its sums unchanged", async () => {
    const { collection, bits } = openPlain(CODED);
    const honest = coded.encode(vector(1), random);
    void collection.receive({ exampleCount: 1, payload: honest, metrics: [] });
    const before = await bits();
    const lies: Uint8Array[] = [
      honest.subarray(0, -2),
      Uint8Array.of(...honest, 0, 0),
      honest.with(4, honest[4]! ^ 1), // the first block's length
      honest.with(10, honest[10]! ^ 1), // a state
      honest.with(40, honest[40]! ^ 128), // a word
      new Uint8Array(honest.length).fill(255),
      new Uint8Array(honest.length),
    ];
    for (const payload of lies) {
      const receive = () => collection.receive({ exampleCount: 1, payload, metrics: [] });
      expect(codeOf(receive)).toBe("UPDATE_MALFORMED");
      expect(await bits()).toEqual(before);
    }
  });

  it.each<UpdateSpec>([
    { codec: "uniform", bits: 8, entropy: true },
    { codec: "rotated-uniform", bits: 4, entropy: true },
    { codec: "qsgd", bits: 4, entropy: true },
    { codec: "terngrad", entropy: true },
  ])("refuses $codec with codes that cannot be, with its sums unchanged", async (spec) => {
    const codec = updateCodec(spec);
    const { collection, bits } = openPlain(spec);
    // Few values are large, so that the first block is coded.
    const honest = codec.encode(
      vector(1).map((value) => value ** 9),
      random,
    );
    void collection.receive({ exampleCount: 1, payload: honest, metrics: [] });
    const before = await bits();
    const seed = codec.name === "rotated-uniform" ? 4 : 0;
    const table = seed + 2 + (codec.name.endsWith("uniform") ? 8 : 4);
    const last = seed + 1 + honest[seed]! + 256 * honest[seed + 1]!;
    const lies: Uint8Array[] = [
      honest.subarray(0, -2),
      Uint8Array.of(...honest, 0, 0),
      honest.with(seed, honest[seed]! ^ 1), // the first block's length
      honest.with(table, 255), // its lowest code
      honest.with(table + 1, 255 - honest[table + 1]!), // its highest
      honest.slice().fill(0, table + 2), // frequencies that do not begin
      honest.slice().fill(255, table + 2), // states and words of other codes
      honest.with(last, honest[last]! ^ 128), // the first block's last word
    ];
    for (const payload of lies) {
      const receive = () => collection.receive({ exampleCount: 1, payload, metrics: [] });
      expect(codeOf(receive)).toBe("UPDATE_MALFORMED");
      expect(await bits()).toEqual(before);
    }
  });

  it("neither keeps nor modifies a payload", async () => {
    const { collection, bits } = openPlain(FLOAT32);
    const { payload } = reportOf(vector(1));
    const copy = payload.slice();
    void collection.receive({ exampleCount: 2, payload, metrics: [] });
    expect(Buffer.compare(payload, copy)).toBe(0);
    const before = await bits();
    payload.fill(0xff); // the next report's bytes in the same buffer
    expect(await bits()).toEqual(before);
  });
});
