// Holds every codec against published and computed errors, through what `bench codec` prints.
import { describe, expect, it } from "vitest";
import { parseUpdate, type TaskUpdate } from "@tributary/protocol";
import { distributionNames, type Distribution } from "../src/codec/distributions.ts";
import { runCodec, type CodecResult } from "../src/codec/run-codec.ts";

const measure = (
  update: TaskUpdate,
  dimension: number,
  distribution: Distribution = "lognormal",
  { clients = 10, trials = 16 } = {},
): CodecResult =>
  runCodec({ spec: parseUpdate(update), dimension, distribution, clients, trials, seed: 1 });

/** Within five standard errors, and what the reference itself is rounded to. */
function expectAbout(value: number, error: number, reference: number, slack = 0.01): void {
  expect(Math.abs(value - reference)).toBeLessThan(5 * error + slack * reference);
}

/** What is left of ‖x‖² when x is normal: D/(1 − D) of the best quantizer with 2^bits values, and 1.5708/p − 1 below one bit. */
const EDEN_ERRORS = [
  [0.0625, 24.133],
  [0.125, 11.566],
  [0.25, 5.2832],
  [0.5, 2.1416],
  [1, 0.570796],
  [2, 0.133121],
  [3, 0.035784],
  [4, 0.009592],
  [8, 4.127e-5],
] as const;

describe("EDEN's error is that of the normal distribution", () => {
  it.each(EDEN_ERRORS)("at %f bits, whatever the update", (bits, reference) => {
    for (const distribution of distributionNames) {
      const result = measure({ codec: "eden", bits }, 6_000, distribution);
      expectAbout(result.vnmse, result.vnmseError, reference, 0.015);
      expectAbout(result.nmse, result.nmseError, reference / 10, 0.015);
      expect(result.bitsPerCoordinate).toBeLessThan(bits * 1.02 + 0.05);
    }
  });

  it.each([
    [1, 0.534539],
    [2, 0.097624],
    [3, 0.022745],
    [4, 0.005591],
  ] as const)("with entropy coding at %i bits too", (bits, reference) => {
    for (const distribution of distributionNames) {
      const result = measure({ codec: "eden", bits, entropy: true }, 8_192, distribution);
      expectAbout(result.vnmse, result.vnmseError, reference);
      expectAbout(result.nmse, result.nmseError, reference / 10);
      expect(result.bitsPerCoordinate).toBeLessThan(bits + 0.06);
    }
  });
});

// NMSE of the mean of ten identical lognormal vectors, by the reference implementations of the papers. Theirs rotate the whole vector and
// take one norm of it; blocks of 4,096 values are better from there on.
describe("the mean of ten encodings has the error that others measured", () => {
  it.each([
    [1, 1_024, 0.0578],
    [2, 1_024, 0.0131],
    [3, 1_024, 0.0035],
    [4, 1_024, 0.0009],
    [1, 8_192, 0.057],
    [2, 8_192, 0.0133],
    [3, 8_192, 0.0036],
    [4, 8_192, 0.001],
    [1, 524_288, 0.0571],
    [2, 524_288, 0.0133],
    [3, 524_288, 0.0036],
    [4, 524_288, 0.001],
  ] as const)("EDEN, %i bits, %i values", (bits, dimension, reference) => {
    const trials = dimension > 100_000 ? 2 : 16;
    const { nmse, nmseError } = measure({ codec: "eden", bits }, dimension, "lognormal", {
      trials,
    });
    // To four decimals.
    expect(Math.abs(nmse - reference)).toBeLessThan(5 * nmseError + 0.02 * reference + 0.00006);
  });

  it.each([
    ["rotated-uniform", 1, 128, 0.513],
    ["rotated-uniform", 1, 1_024, 0.923],
    ["rotated-uniform", 4, 128, 0.00179],
    ["rotated-uniform", 4, 1_024, 0.00303],
    ["qsgd", 4, 128, 0.039],
    ["qsgd", 4, 1_024, 0.187],
  ] as const)("%s, %i bits, %i values", (codec, bits, dimension, reference) => {
    const { nmse, nmseError } = measure({ codec, bits }, dimension);
    expectAbout(nmse, nmseError, reference, 0.04);
  });

  it.each([
    ["rotated-uniform", 1, 8_192, 1.34],
    ["rotated-uniform", 4, 8_192, 0.00425],
    ["qsgd", 4, 8_192, 0.685],
    ["rotated-uniform", 1, 524_288, 2.12],
    ["rotated-uniform", 4, 524_288, 0.00663],
    ["qsgd", 4, 524_288, 6.19],
  ] as const)("%s, %i bits, %i values: less", (codec, bits, dimension, reference) => {
    const { nmse } = measure({ codec, bits }, dimension, "lognormal", { trials: 2 });
    expect(nmse).toBeLessThan(reference);
  });

  it("random-k: 1/fraction − 1, over ten", () => {
    const { nmse, nmseError } = measure({ codec: "random-k", fraction: 0.25 }, 4_096, "normal");
    expectAbout(nmse, nmseError, 0.3);
  });
});

/** Bits a value of 8,192 lognormal ones, with entropy coding; QSGD's and TernGrad's few levels are nearly all 0. */
it.each([
  [{ codec: "uniform", bits: 1 }, 0.33],
  [{ codec: "uniform", bits: 4 }, 1.65],
  [{ codec: "rotated-uniform", bits: 4 }, 3.25],
  [{ codec: "qsgd", bits: 2 }, 0.13],
  [{ codec: "qsgd", bits: 4 }, 0.41],
  [{ codec: "qsgd", bits: 8 }, 2.2],
  [{ codec: "terngrad" }, 0.33],
] as const)("entropy coding of %o loses nothing, and takes at most %f bits", (update, most) => {
  const plain = measure(update, 8_192);
  const coded = measure({ ...update, entropy: true }, 8_192);
  expect([coded.vnmse, coded.nmse]).toEqual([plain.vnmse, plain.nmse]);
  expect(coded.bitsPerCoordinate).toBeLessThan(most);
});

/** All but top-k, which is not unbiased, and float32, which has no error. */
const UNBIASED: readonly TaskUpdate[] = [
  { codec: "float16" },
  { codec: "uniform", bits: 1 },
  { codec: "uniform", bits: 8 },
  { codec: "rotated-uniform", bits: 2 },
  { codec: "eden", bits: 0.5 },
  { codec: "eden", bits: 1 },
  { codec: "eden", bits: 4 },
  { codec: "eden", bits: 8 },
  { codec: "eden", bits: 2, entropy: true },
  { codec: "drive" },
  { codec: "qsgd", bits: 3 },
  { codec: "terngrad" },
  { codec: "random-k", fraction: 0.1 },
];

it.each(UNBIASED.map((update) => [JSON.stringify(update), update] as const))(
  "averaging n encodings divides the error by n: %s",
  (_, update) => {
    const clients = 16;
    for (const distribution of distributionNames) {
      for (const dimension of [130, 700]) {
        const result = measure(update, dimension, distribution, { clients, trials: 24 });
        const { nmse, vnmse } = result;
        // Σ of the trials' ratios: one trial's error varies, so that both are compared on the same vectors.
        const spread = result.nmseError / nmse + result.vnmseError / vnmse;
        expect(Math.abs((clients * nmse) / vnmse - 1)).toBeLessThan(5 * spread + 0.02);
      }
    }
  },
);

it("sizes are those of the payloads, headers and all", () => {
  const bits = (update: TaskUpdate): number =>
    measure(update, 4_096, "normal", { clients: 1, trials: 1 }).bitsPerCoordinate;
  expect(bits({ codec: "float32" })).toBe(32);
  expect(bits({ codec: "float16" })).toBe(16);
  expect(bits({ codec: "uniform", bits: 5 })).toBe(5 + 64 / 4_096);
  expect(bits({ codec: "eden", bits: 3 })).toBe(3 + 64 / 4_096);
  expect(bits({ codec: "eden", bits: 0.25 })).toBe(0.25 + 64 / 4_096);
  expect(bits({ codec: "terngrad" })).toBe((8 * 820 + 32) / 4_096);
});
