import {
  isTributaryError,
  seededRandom,
  updateCodec,
  xoshiro128,
  type MetricValue,
  type UpdateSpec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";

import { RoundAggregate, type Report } from "../src/aggregation/round-aggregate.ts";
import { bitsOf } from "./exact-reference.ts";

const DIMENSION = 5_000; // more than one block of a codec
const float32 = updateCodec({ codec: "float32" });
const uniform8 = updateCodec({ codec: "uniform", bits: 8 });
const eden = updateCodec({ codec: "eden", bits: 8 });
const coded = updateCodec({ codec: "eden", bits: 2, entropy: true });
const random = seededRandom(createNodeCryptoProvider(), 4);

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

/** All sums and the weight, bit for bit, as one text: comparing thousands of texts takes long. */
async function sums(aggregate: RoundAggregate): Promise<string> {
  const { sums, weight } = await aggregate.combine(() => Promise.resolve());
  const out = new Float64Array(sums.dimension);
  sums.read(0, out);
  return bitsOf([...out, weight]).join(" ");
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isTributaryError(error) ? error.code : String(error);
  }
  return "accepted";
}

describe("a round's aggregate", () => {
  it("takes a rotated update of very many examples, whose values are known by their norm at first", async () => {
    const update = vector(1, 0.1);
    const payload = eden.encode(update, random);
    const exampleCount = 1_000_000;
    expect(eden.validate(payload, DIMENSION).maxAbs * exampleCount).toBeGreaterThan(2 ** 19);
    const aggregate = new RoundAggregate(eden, DIMENSION, []);
    void aggregate.fold({ exampleCount, payload, metrics: [] });
    const { sums, weight } = await aggregate.combine(() => Promise.resolve());
    const out = new Float64Array(DIMENSION);
    sums.read(0, out);
    out.forEach((sum, i) => expect(Math.abs(sum / weight - update[i]!)).toBeLessThan(0.005));
    // One that really is too large is refused as before.
    const large = eden.encode(vector(2, 1), random);
    expect(codeOf(() => aggregate.fold({ exampleCount, payload: large, metrics: [] }))).toBe(
      "UPDATE_OUT_OF_RANGE",
    );
  });

  it("is the same, bit for bit, in any order and with any codec", async () => {
    for (const codec of [float32, uniform8, eden, coded]) {
      const reports = [1, 2, 3, 4, 5].map((seed) => ({
        exampleCount: seed * 7,
        payload: codec.encode(vector(seed, seed * 3), random),
        metrics: [{ name: "loss", value: seed / 3 }],
      }));
      const folded = async (order: readonly Report[]) => {
        const aggregate = new RoundAggregate(codec, DIMENSION, ["loss"]);
        for (const report of order) void aggregate.fold(report);
        return { sums: await sums(aggregate), means: aggregate.metricMeans() };
      };
      const expected = await folded(reports);
      expect(await folded(reports.toReversed())).toEqual(expected);
      expect(await folded([2, 0, 4, 1, 3].map((i) => reports[i]!))).toEqual(expected);
    }
  });

  it("takes a hostile report whole or not at all", async () => {
    const aggregate = new RoundAggregate(float32, DIMENSION, ["loss"]);
    const metrics = [{ name: "loss", value: 1 }];
    void aggregate.fold({ ...reportOf(vector(1)), metrics });
    const before = { sums: await sums(aggregate), means: aggregate.metricMeans() };
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
      [withLast(2 ** 19 + 1), 1, "UPDATE_OUT_OF_RANGE"],
      [withLast(1), 2 ** 19 + 1, "UPDATE_OUT_OF_RANGE"],
      [good, NaN, "EXAMPLE_COUNT_INVALID"],
      [good, Infinity, "EXAMPLE_COUNT_INVALID"],
    ];
    for (const [payload, exampleCount, code] of hostile) {
      expect(codeOf(() => aggregate.fold({ exampleCount, payload, metrics }))).toBe(code);
      expect({ sums: await sums(aggregate), means: aggregate.metricMeans() }).toEqual(before);
      expect([aggregate.reportCount, aggregate.exampleCount]).toEqual([1, 10]);
    }
  });

  it("refuses a quantized payload whose grid lies, with its sums unchanged", async () => {
    const aggregate = new RoundAggregate(uniform8, DIMENSION, []);
    void aggregate.fold({
      exampleCount: 1,
      payload: uniform8.encode(vector(1), random),
      metrics: [],
    });
    const before = await sums(aggregate);
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
      expect(codeOf(() => aggregate.fold({ exampleCount: 1, payload, metrics: [] }))).toBe(code);
      expect(await sums(aggregate)).toEqual(before);
    }
  });

  it.each([
    ["eden", eden, 4],
    ["eden with entropy coding", coded, 6],
  ] as const)(
    "refuses an %s payload that lies, with its sums unchanged",
    async (_, codec, scaleAt) => {
      const aggregate = new RoundAggregate(codec, DIMENSION, []);
      void aggregate.fold({
        exampleCount: 1,
        payload: codec.encode(vector(1), random),
        metrics: [],
      });
      const before = await sums(aggregate);
      for (const [scale, code] of [
        [NaN, "UPDATE_NOT_FINITE"],
        [-Infinity, "UPDATE_NOT_FINITE"],
        [-1, "UPDATE_MALFORMED"],
        [-0, "UPDATE_MALFORMED"],
        [3e38, "UPDATE_OUT_OF_RANGE"],
      ] as const) {
        const payload = codec.encode(vector(2), random);
        new DataView(payload.buffer, payload.byteOffset).setFloat32(scaleAt, scale, true);
        expect(codeOf(() => aggregate.fold({ exampleCount: 1, payload, metrics: [] }))).toBe(code);
        expect(await sums(aggregate)).toEqual(before);
      }
    },
  );

  it("refuses an entropy code that does not end where it should, with its sums unchanged", async () => {
    const aggregate = new RoundAggregate(coded, DIMENSION, []);
    const honest = coded.encode(vector(1), random);
    void aggregate.fold({ exampleCount: 1, payload: honest, metrics: [] });
    const before = await sums(aggregate);
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
      const fold = () => aggregate.fold({ exampleCount: 1, payload, metrics: [] });
      expect(codeOf(fold)).toBe("UPDATE_MALFORMED");
      expect(await sums(aggregate)).toEqual(before);
    }
  });

  it.each<UpdateSpec>([
    { codec: "uniform", bits: 8, entropy: true },
    { codec: "rotated-uniform", bits: 4, entropy: true },
    { codec: "qsgd", bits: 4, entropy: true },
    { codec: "terngrad", entropy: true },
  ])("refuses $codec with codes that cannot be, with its sums unchanged", async (spec) => {
    const codec = updateCodec(spec);
    const aggregate = new RoundAggregate(codec, DIMENSION, []);
    // Few values are large, so that the first block is coded.
    const honest = codec.encode(
      vector(1).map((value) => value ** 9),
      random,
    );
    void aggregate.fold({ exampleCount: 1, payload: honest, metrics: [] });
    const before = await sums(aggregate);
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
      const fold = () => aggregate.fold({ exampleCount: 1, payload, metrics: [] });
      expect(codeOf(fold)).toBe("UPDATE_MALFORMED");
      expect(await sums(aggregate)).toEqual(before);
    }
  });

  it("neither keeps nor changes a payload", async () => {
    const aggregate = new RoundAggregate(float32, DIMENSION, []);
    const { payload } = reportOf(vector(1));
    const copy = payload.slice();
    void aggregate.fold({ exampleCount: 2, payload, metrics: [] });
    expect(Buffer.compare(payload, copy)).toBe(0);
    const before = await sums(aggregate);
    payload.fill(0xff); // the next report's bytes in the same buffer
    expect(await sums(aggregate)).toEqual(before);
  });
});

describe("the means of a round's metrics", () => {
  const zeros = new Float32Array(DIMENSION);
  const meansOf = (
    names: readonly string[],
    reports: readonly (readonly [exampleCount: number, values: readonly number[]])[],
  ): Record<string, number> => {
    const aggregate = new RoundAggregate(float32, DIMENSION, names);
    for (const [exampleCount, values] of reports) {
      const metrics = values.map((value, i) => ({ name: names[i]!, value }));
      void aggregate.fold(reportOf(zeros, exampleCount, metrics));
    }
    return aggregate.metricMeans();
  };

  it("are weighted by examples, whatever the order of the metrics in a report", () => {
    const aggregate = new RoundAggregate(float32, DIMENSION, ["loss", "accuracy"]);
    const report = (exampleCount: number, loss: number, accuracy: number): Report =>
      reportOf(zeros, exampleCount, [
        { name: "accuracy", value: accuracy },
        { name: "loss", value: loss },
      ]);
    void aggregate.fold(report(30, 0.5, 1));
    void aggregate.fold(report(10, 2.5, 0));
    expect(aggregate.metricMeans()).toEqual({ loss: 1, accuracy: 0.75 });
    expect(aggregate.exampleCount).toBe(40);
  });

  it("are empty before the first report", () => {
    expect(meansOf(["loss"], [])).toEqual({});
  });

  it("reach a target that every client has reached", () => {
    for (const target of [0.9, 0.97, 0.99, 1 / 3]) {
      for (const count of [1_000, 30_000, 999_900]) {
        const right = Math.ceil(target * count);
        const { accuracy } = meansOf(
          ["accuracy"],
          [
            [count, [right / count]],
            [count, [right / count]],
          ],
        );
        expect(accuracy).toBe(right / count);
      }
    }
  });

  it("are precise for small losses over few examples", () => {
    const { loss } = meansOf(
      ["loss"],
      [
        [1, [3.21e-6]],
        [1, [1.23e-6]],
        [2, [5e-6]],
      ],
    );
    expect(Math.abs(loss! - 3.61e-6)).toBeLessThan(1e-8);
  });

  it("hold at the most examples, the largest values and the largest cohort", () => {
    const most = Array.from({ length: 16_384 }, () => [2 ** 20, [1e300, -1e300, 1]] as const);
    const aggregate = new RoundAggregate(updateCodec({ codec: "float32" }), 1, [
      "loss",
      "gain",
      "accuracy",
    ]);
    const payload = new Uint8Array(4);
    for (const [exampleCount, [loss, gain, accuracy]] of most) {
      void aggregate.fold({
        exampleCount,
        payload,
        metrics: [
          { name: "loss", value: loss },
          { name: "gain", value: gain },
          { name: "accuracy", value: accuracy },
        ],
      });
    }
    // What is out of the sums' range is brought to its end.
    expect(aggregate.metricMeans()).toEqual({ loss: 2 ** 16, gain: -(2 ** 16), accuracy: 1 });
  });
});
