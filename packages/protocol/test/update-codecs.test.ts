// What every codec must do, whatever its form. What each does to the numbers is in update-codec-errors.test.ts.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom, type RandomSource } from "../src/random/random-source.ts";
import { isTributaryError } from "../src/errors.ts";
import { referenceKernels } from "../src/kernels/reference-kernels.ts";
import { createKernelsSync } from "../src/kernels/wasm-kernels.ts";
import { updateCodec, updateCodecNames, type UpdateSpec } from "../src/update/codec-registry.ts";
import { UPDATE_BLOCK_VALUES } from "../src/update/update-codec.ts";
import { errorOf, orTributaryError } from "./expect-error.ts";
import { expectSameValues, sameValues } from "./same-values.ts";
import { decodeAll, shiftedCopy, updates } from "./update-helpers.ts";
import { NAMED_SPECS, UPDATE_SPECS } from "./update-specs.ts";

const crypto = createNodeCryptoProvider();
const seeded = (seed: number): RandomSource => seededRandom(crypto, seed);
const wasm = createKernelsSync();
const twin = referenceKernels();
const codecOf = (spec: UpdateSpec) => updateCodec(spec, wasm);
const wave = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(i) * (1 + i / 999));

/** Any magnitude that every codec takes: rotated blocks are bounded by their norm, float16 by its own range. */
const modest = updates({ maxLength: 9_000 }).map((update) =>
  update.map((value) => value / 2 ** 15),
);

it("the tests below see every codec that the registry lists", () => {
  expect(new Set(UPDATE_SPECS.map(({ codec }) => codec))).toEqual(new Set(updateCodecNames));
});

const REFUSALS = [
  "UPDATE_SHAPE",
  "UPDATE_MALFORMED",
  "UPDATE_NOT_FINITE",
  "UPDATE_OUT_OF_RANGE",
] as const;

describe.each(NAMED_SPECS)("codec %s", (_, spec) => {
  const codec = codecOf(spec);

  it("is named as in its spec and makes payloads of the length that it gives", () => {
    expect(codec.name).toBe(spec.codec);
    for (const dimension of [0, 1, 127, 128, 4_095, 4_096, 4_097, 12_345]) {
      const { min, max } = codec.payloadBytes(dimension);
      const { length } = codec.encode(wave(dimension), seeded(dimension));
      expect(length).toBeGreaterThanOrEqual(min);
      expect(length).toBeLessThanOrEqual(max);
    }
    expect(codec.payloadBytes(0)).toEqual({ min: 0, max: 0 });
  });

  it("gives the same bytes and the same values from WebAssembly and from the twin", () => {
    const other = updateCodec(spec, twin);
    fc.assert(
      fc.property(modest, fc.nat(), (update, seed) => {
        const payload = codec.encode(update, seeded(seed));
        expect(Buffer.compare(payload, other.encode(update, seeded(seed)))).toBe(0);
        expect(other.validate(payload, update.length)).toEqual(
          codec.validate(payload, update.length),
        );
        const decoded = decodeAll(codec, payload, update.length);
        expect(sameValues(decoded, decodeAll(other, payload, update.length))).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  it("keeps what it decodes within the bound that it gives, at any alignment", () => {
    fc.assert(
      fc.property(modest, fc.nat(3), fc.nat(), (update, shift, seed) => {
        const payload = shiftedCopy(codec.encode(update, seeded(seed)), shift);
        const { maxAbs } = codec.validate(payload, update.length);
        const decoded = decodeAll(codec, payload, update.length);
        expect(decoded.every((value) => Math.abs(value) <= maxAbs)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("knows the largest value where a loose bound is not enough", () => {
    const payload = codec.encode(wave(5_000), seeded(1));
    const loose = codec.validate(payload, 5_000).maxAbs;
    expect(codec.validate(payload, 5_000, loose).maxAbs).toBe(loose);
    const largest = decodeAll(codec, payload, 5_000).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const { maxAbs } = codec.validate(payload, 5_000, 0);
    expect(maxAbs).toBeGreaterThanOrEqual(largest);
    expect(maxAbs).toBeLessThan(largest * 1.3);
  });

  it("gives zeros for zeros", () => {
    const zeros = new Float32Array(5_000);
    const payload = codec.encode(zeros, seeded(1));
    expect(codec.validate(payload, 5_000).maxAbs).toBe(0);
    expect(decodeAll(codec, payload, 5_000).every((value) => value === 0)).toBe(true);
  });

  it("repeats with the seed", () => {
    const update = wave(5_000);
    expectSameValues(codec.encode(update, seeded(1)), codec.encode(update, seeded(1)));
  });

  it("decodes any whole blocks by themselves", () => {
    const dimension = 3 * UPDATE_BLOCK_VALUES + 345;
    const payload = codec.encode(wave(dimension), seeded(5));
    const whole = decodeAll(codec, payload, dimension);
    for (let offset = 0; offset < dimension; offset += UPDATE_BLOCK_VALUES) {
      for (let end = offset + UPDATE_BLOCK_VALUES; ; end += UPDATE_BLOCK_VALUES) {
        const length = Math.min(end, dimension) - offset;
        const part = new Float32Array(length);
        const sink = (block: Float32Array, start: number): void => part.set(block, start - offset);
        codec.decode(payload, dimension, sink, { offset, length });
        expect(sameValues(part, whole.subarray(offset, offset + length))).toBe(true);
        if (end >= dimension) break;
      }
    }
  });

  it("is hardly longer than the values as float32", () => {
    // Headers make a difference for a handful of values, and rotation needs 128.
    for (const dimension of [3, 100, 4_096, 4_097, 1_663_370]) {
      expect(codec.payloadBytes(dimension).max).toBeLessThanOrEqual(4 * dimension + 264);
    }
  });

  it.each([NaN, Infinity, -Infinity])("refuses to encode %s and says where it is", (bad) => {
    const update = new Float32Array(5_000);
    update[4_500] = bad;
    expect(errorOf(() => codec.encode(update, seeded(1)), "UPDATE_NOT_FINITE").context).toEqual({
      index: 4_500,
    });
  });

  it("refuses values that no update has", () => {
    const update = new Float32Array(5_000).fill(2 ** 21, 4_100);
    errorOf(() => codec.encode(update, seeded(1)), "UPDATE_OUT_OF_RANGE");
  });

  it("refuses a payload of another length before the sink sees a value", () => {
    const { min, max } = codec.payloadBytes(5_000);
    for (const length of [0, min - 1, max + 1]) {
      const payload = new Uint8Array(length);
      errorOf(() => codec.validate(payload, 5_000), "UPDATE_SHAPE");
      errorOf(() => codec.decode(payload, 5_000, () => expect.unreachable()), "UPDATE_SHAPE");
    }
  });

  it("refuses a hostile payload with a TributaryError or decodes it to finite values within the bound", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 40 }),
        fc.boolean(),
        fc.constantFrom(0, 0, 0, -2, -1, 1, 2, 40),
        (dimension, seed, changes, anew, longer) => {
          const honest = codec.encode(wave(dimension), seeded(seed));
          const payload = new Uint8Array(Math.max(0, honest.length + longer));
          payload.set(honest.subarray(0, payload.length));
          if (anew) payload.set(seeded(seed).bytes(payload.length));
          for (const [at, byte] of changes) {
            if (payload.length > 0) payload[at % payload.length] = byte;
          }
          const checked = orTributaryError(() => codec.validate(payload, dimension));
          if (isTributaryError(checked)) {
            expect(REFUSALS).toContain(checked.code);
            return;
          }
          const decoded = decodeAll(codec, payload, dimension);
          expect(decoded.every((value) => Math.abs(value) <= checked.maxAbs)).toBe(true);
          expect(checked.maxAbs).toBeLessThanOrEqual(2 ** 20);
        },
      ),
      { numRuns: 200 },
    );
  });
});
