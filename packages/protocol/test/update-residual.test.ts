import fc from "fast-check";
import { expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom } from "../src/random/random-source.ts";
import { leavesResidual, updateCodec } from "../src/update/codec-table.ts";
import { createKernelsSync } from "../src/kernels/wasm-kernels.ts";
import { encodeForFeedback, keepResidual } from "../src/update/keep-residual.ts";
import { expectSameValues } from "./same-values.ts";
import { decodeAll } from "./update-helpers.ts";
import { NAMED_SPECS, UPDATE_SPECS } from "./update-specs.ts";

const random = seededRandom(createNodeCryptoProvider(), 1);

it("only top-k leaves something for the next update", () => {
  const names = UPDATE_SPECS.filter(leavesResidual).map(({ codec }) => codec);
  expect(new Set(names)).toEqual(new Set(["top-k"]));
});

it("top-k sends the largest magnitudes as they are, the first of equal ones", () => {
  const codec = updateCodec({ codec: "top-k", fraction: 0.5 });
  const update = Float32Array.of(1, -3, 2, -2, 0, 2, 0.5, -0);
  const payload = codec.encode(update, random);
  expect(decodeAll(codec, payload, 8)).toEqual(Float32Array.of(0, -3, 2, -2, 0, 2, 0, 0));
  expect(codec.validate(payload, 8).maxAbs).toBe(3);
});

it("top-k chooses as a sort would", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, min: -(2 ** 19), max: 2 ** 19 }), { maxLength: 300 }),
      fc.double({ min: 0.001, max: 0.5, noNaN: true }),
      (values, fraction) => {
        const update = Float32Array.from(values);
        const codec = updateCodec({ codec: "top-k", fraction });
        const sent = decodeAll(codec, codec.encode(update, random), update.length);
        const order = Array.from(update.keys()).sort(
          (a, b) => Math.abs(update[b] ?? 0) - Math.abs(update[a] ?? 0) || a - b,
        );
        const kept = new Set(order.slice(0, Math.ceil(update.length * fraction)));
        const expected = update.map((value, i) => (kept.has(i) ? value : 0));
        expectSameValues(sent, expected);
      },
    ),
    { numRuns: 100 },
  );
});

it("what was sent and what is left add up to all updates", () => {
  const codec = updateCodec({ codec: "top-k", fraction: 0.05 });
  const dimension = 5_000;
  const meant = new Float64Array(dimension);
  const said = new Float64Array(dimension);
  let residual: Float32Array | undefined;
  const updates = Array.from({ length: 60 }, (_, round) =>
    Float32Array.from({ length: dimension }, (_, i) => Math.sin(i * i + (i % 3) * round) + 0.3),
  );
  for (const update of updates) {
    const before = update.slice();
    const encoding = keepResidual(codec, update, residual, random);
    expectSameValues(update, before);
    residual = encoding.residual;
    decodeAll(codec, encoding.payload, dimension).forEach((value, i) => (said[i]! += value));
    update.forEach((value, i) => (meant[i]! += value));
  }
  const worst = meant.reduce(
    (most, value, i) => Math.max(most, Math.abs(said[i]! + residual![i]! - value)),
    0,
  );
  expect(worst).toBeLessThan(0.0005);
  // A value waits until it has grown, not for ever: without the residual the small ones would never
  // be sent.
  const norm = (values: Float64Array): number => Math.hypot(...values);
  const missing = meant.map((value, i) => value - said[i]!);
  expect(norm(missing)).toBeLessThan(0.5 * norm(meant));
});

/** Updates of two kinds: values alike, and a few that are far larger than the others. */
const UPDATES: readonly Float32Array[] = [
  Float32Array.from({ length: 200 }, (_, i) => Math.sin(i * i)),
  Float32Array.from({ length: 200 }, (_, i) => Math.sin(i * i) * (i % 40 === 0 ? 10 : 0.5)),
];

const kernels = createKernelsSync();
const coins = random.derive("feedback");

it.each(NAMED_SPECS)(
  "what %s leaves stays bounded, however many rounds of feedback there are",
  (_, spec) => {
    const codec = updateCodec(spec, kernels);
    for (const update of UPDATES) {
      let residual: Float32Array = new Float32Array(update.length);
      for (let round = 0; round < 300; round++) {
        const before = residual;
        ({ residual } = keepResidual(codec, update, before, coins));
        const meant = update.map((value, i) => value + before[i]!);
        // The codes of a scaled vector may differ by the rounding of its header.
        expect(Math.hypot(...residual)).toBeLessThanOrEqual(1.001 * Math.hypot(...meant));
      }
      // The sparsest codec sends a value every 100 rounds. What is never sent adds up to 300 updates.
      expect(Math.hypot(...residual)).toBeLessThan(200 * Math.hypot(...update));
    }
  },
);

it("a codec that loses little encodes for feedback as it always does", () => {
  const update = UPDATES[0]!;
  for (const spec of [
    { codec: "float32" },
    { codec: "uniform", bits: 8 },
    { codec: "eden", bits: 2 },
  ] as const) {
    const codec = updateCodec(spec);
    expect(encodeForFeedback(codec, update, random.derive("same"))).toEqual(
      codec.encode(update, random.derive("same")),
    );
  }
});

it.each([
  ["a count beyond the payload", 0, 255],
  ["a count too small", 0, 0],
  ["a place beyond its block", 3, 0xff],
  ["a place that descends", 8, 0],
])("a top-k payload with %s is refused", (_, at, byte) => {
  const codec = updateCodec({ codec: "top-k", fraction: 0.5 });
  const payload = codec.encode(Float32Array.of(0, 0, 1, 2), random);
  expect(payload.length).toBe(2 + 2 * 6);
  payload[at] = byte;
  expect(() => codec.validate(payload, 4)).toThrow(
    expect.objectContaining({ code: "UPDATE_MALFORMED" }),
  );
});
