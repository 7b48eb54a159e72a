// An update that is longer than an honest client can have made it counts as one of the length that
// the plan allows, whatever the rule.
import {
  mostDecodedNorm,
  parseUpdate,
  seededRandom,
  updateCodec,
  xoshiro128,
  type AggregationSpec,
  type TaskUpdate,
  type UpdateSpec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";
import { localAdders } from "../src/aggregation/update-adder.ts";

const DIMENSION = 9_000;
const CLIP_NORM = 0.5;
const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 5);
const rest = (): Promise<void> => Promise.resolve();
const MEAN: AggregationSpec = { rule: "mean" };

/** An update of a given L2 norm. */
function update(seed: number, norm: number): Float32Array {
  const word = xoshiro128(new Uint8Array(16).fill(seed));
  const values = Float32Array.from({ length: DIMENSION }, () => word() / 2 ** 31 - 1);
  const factor = norm / Math.hypot(...values);
  return values.map((value) => value * factor);
}

interface Report {
  readonly payload: Uint8Array;
  readonly exampleCount: number;
}

async function combined(
  spec: UpdateSpec,
  aggregation: AggregationSpec,
  clipNorm: number | null,
  reports: readonly Report[],
): Promise<Float64Array> {
  const adder = localAdders(crypto)({ update: spec, aggregation, clipNorm, dimension: DIMENSION });
  for (const { payload, exampleCount } of reports) void adder.add(payload, exampleCount);
  const { sums, weight } = await adder.combine(rest);
  const values = new Float64Array(DIMENSION);
  sums.read(0, values);
  adder.discard();
  return values.map((value) => value / weight);
}

const report = (spec: UpdateSpec, values: Float32Array, exampleCount = 10): Report => ({
  payload: updateCodec(spec).encode(values, random),
  exampleCount,
});

const FLOAT32: UpdateSpec = { codec: "float32" };

describe("an update that is longer than the plan's clip norm", () => {
  it("moves the mean by the clip norm and no more, in its own direction", async () => {
    const long = update(1, 218.7);
    const mean = await combined(FLOAT32, MEAN, CLIP_NORM, [report(FLOAT32, long)]);
    expect(Math.hypot(...mean)).toBeCloseTo(CLIP_NORM, 5);
    mean.forEach((value, i) =>
      expect(Math.abs(value - (long[i]! * CLIP_NORM) / 218.7)).toBeLessThan(1e-6),
    );
  });

  it("leaves what the others have added as it was, to the last bit", async () => {
    const honest = [2, 3, 4].map((seed) => report(FLOAT32, update(seed, 0.3)));
    const silent = report(FLOAT32, new Float32Array(DIMENSION));
    const short = await combined(FLOAT32, MEAN, null, [...honest, silent]);
    // A thousand thousand times too long, so that what counts of it rounds to nothing but its share.
    const long = report(FLOAT32, update(1, 2 ** 12));
    const held = await combined(FLOAT32, MEAN, CLIP_NORM, [...honest, long]);
    const alone = await combined(FLOAT32, MEAN, CLIP_NORM, [long]);
    held.forEach((value, i) =>
      expect(Math.abs(4 * value - (4 * short[i]! + alone[i]!))).toBeLessThan(1e-9),
    );
  });

  it("counts the same in any order of the reports", async () => {
    const reports = [0.2, 40, 0.5, 7, 300].map((norm, seed) =>
      report(FLOAT32, update(seed + 1, norm), 1 + seed),
    );
    const expected = await combined(FLOAT32, MEAN, CLIP_NORM, reports);
    expect(await combined(FLOAT32, MEAN, CLIP_NORM, reports.toReversed())).toEqual(expected);
  });

  it.each<AggregationSpec>([
    { rule: "normBound", maximumNorm: 50 },
    { rule: "median" },
    { rule: "trimmedMean", byzantine: 1 },
    { rule: "krum", byzantine: 1 },
    { rule: "multiKrum", byzantine: 1 },
    { rule: "bulyan", byzantine: 1 },
  ])("is held to it under the rule $rule too", async (aggregation) => {
    const reports = Array.from({ length: 7 }, () => report(FLOAT32, update(1, 218.7)));
    const result = await combined(FLOAT32, aggregation, CLIP_NORM, reports);
    expect(Math.hypot(...result)).toBeCloseTo(CLIP_NORM, 5);
  });

  it.each<TaskUpdate>([
    { codec: "uniform", bits: 8 },
    { codec: "rotated-uniform", bits: 4 },
    { codec: "eden", bits: 1 },
    { codec: "eden", bits: 2, entropy: true },
    { codec: "drive" },
    { codec: "qsgd", bits: 4 },
    { codec: "terngrad" },
    { codec: "random-k", fraction: 0.1 },
    { codec: "float16" },
  ])("gains no more in %o than an honest one whose codec makes it longer", async (task) => {
    const spec = parseUpdate(task);
    const honest = report(spec, update(1, CLIP_NORM));
    const free = await combined(spec, MEAN, null, [honest]);
    expect(await combined(spec, MEAN, CLIP_NORM, [honest])).toEqual(free);
    const hostile = await combined(spec, MEAN, CLIP_NORM, [report(spec, update(1, 218.7))]);
    expect(Math.hypot(...hostile)).toBeLessThanOrEqual(
      mostDecodedNorm(spec, CLIP_NORM, DIMENSION) * (1 + 1e-6),
    );
  });
});

it("an update of any length counts as it is where the plan has no clip norm", async () => {
  const mean = await combined(FLOAT32, MEAN, null, [report(FLOAT32, update(1, 218.7))]);
  expect(Math.hypot(...mean)).toBeCloseTo(218.7, 3);
});
