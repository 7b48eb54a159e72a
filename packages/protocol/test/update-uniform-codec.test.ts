import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom, type RandomSource } from "../src/random/random-source.ts";
import { toHex } from "../src/bytes/encoding.ts";
import { isTributaryError } from "../src/errors.ts";
import { createKernelsSync } from "../src/kernels/wasm-kernels.ts";
import { uniformCodec } from "../src/update/uniform-codec.ts";
import { errorOf, orTributaryError } from "./expect-error.ts";
import type { UpdateCodec } from "../src/update/update-codec.ts";
import { decodeAll, shiftedCopy, updates } from "./update-helpers.ts";
import { sameValues } from "./same-values.ts";

const crypto = createNodeCryptoProvider();
const seeded = (seed: number): RandomSource => seededRandom(crypto, seed);
const kernels = createKernelsSync();
const uniform = (spec: { readonly bits: number }): UpdateCodec => uniformCodec(spec, () => kernels);
const codec = uniform({ bits: 8 });
const ALL_BITS = Array.from({ length: 16 }, (_, index) => index + 1);

/** The step that each block of a payload declares. */
function stepsOf(payload: Uint8Array, dimension: number, bits: number): number[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const steps: number[] = [];
  let position = 0;
  for (let offset = 0; offset < dimension; offset += 4_096) {
    steps.push(view.getFloat32(position + 4, true));
    position += 8 + Math.ceil((Math.min(4_096, dimension - offset) * bits) / 8);
  }
  return steps;
}

describe("the uniform codec", () => {
  it("keeps its frozen bytes: minimum, step, one code a value", () => {
    // By an independent implementation in Python. −1 … 1.55 in steps of .01, on which nothing is left to chance but
    // what float32 rounds; the last value lies between two levels.
    const random: RandomSource = {
      bytes: () => Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0),
      derive: () => random,
    };
    const update = Float32Array.of(-1, 1.55, 0, 0.25, -0.995, 0.125);
    expect(toHex(codec.encode(update, random))).toBe("000080bf0bd7233c00ff647d0171");
    expect(toHex(uniform({ bits: 5 }).encode(update, random))).toBe("000080bfeb76a83de0b3071c");
    expect(toHex(uniform({ bits: 16 }).encode(update, random))).toBe(
      "000080bfd73323380000ffff64647d7d8100f170",
    );
  });

  it("takes a quarter of float32 and eight bytes a block", () => {
    const bytes = (dimension: number): number => codec.payloadBytes(dimension).max;
    expect(bytes(0)).toBe(0);
    expect(bytes(1)).toBe(9);
    expect(bytes(4_096)).toBe(4_104);
    expect(bytes(4_097)).toBe(4_113);
    expect(bytes(1_663_370) / (4 * 1_663_370)).toBeLessThan(0.2506);
  });

  it.each(ALL_BITS)("keeps every value within one step at %i bits, at any alignment", (bits) => {
    const coder = uniform({ bits });
    fc.assert(
      fc.property(updates({ maxLength: 9_000 }), fc.nat(3), fc.nat(), (update, shift, seed) => {
        const payload = shiftedCopy(coder.encode(update, seeded(seed)), shift);
        expect(payload.length).toBe(coder.payloadBytes(update.length).max);
        const { maxAbs } = coder.validate(payload, update.length);
        const steps = stepsOf(payload, update.length, bits);
        const decoded = decodeAll(coder, payload, update.length);
        for (let i = 0; i < update.length; i++) {
          const [x = NaN, decodedX = NaN] = [update[i], decoded[i]];
          const step = steps[Math.floor(i / 4_096)] ?? NaN;
          const rounding = Math.max(Math.abs(decodedX) * 2 ** -24, 2 ** -150);
          if (!(Math.abs(x - decodedX) <= step + rounding && Math.abs(decodedX) <= maxAbs)) {
            throw new Error(`value ${i}: ${x} became ${decodedX}, step ${step}, maxAbs ${maxAbs}`);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each([1, 2, 5, 8, 16])("covers each block by the narrowest grid at %i bits", (bits) => {
    const coder = uniform({ bits });
    const levels = 2 ** bits - 1;
    fc.assert(
      fc.property(updates({ maxLength: 4_096 }), (update) => {
        fc.pre(update.length > 0);
        const payload = coder.encode(update, seeded(1));
        const [step = NaN] = stepsOf(payload, update.length, bits);
        const spread =
          update.reduce((a, b) => Math.max(a, b)) - update.reduce((a, b) => Math.min(a, b));
        expect(step * levels).toBeGreaterThanOrEqual(spread * (1 - 2 ** -50));
        expect(step).toBeLessThanOrEqual((spread / levels) * (1 + 2 ** -22) + 2 ** -149);
      }),
      { numRuns: 50 },
    );
  });

  it("gives a constant block exactly, whatever the bits", () => {
    for (const bits of ALL_BITS) {
      const coder = uniform({ bits });
      for (const value of [0, 1, -0.1, 2 ** -149, 2 ** 20]) {
        const update = new Float32Array(5_000).fill(value);
        const payload = coder.encode(update, seeded(1));
        expect(stepsOf(payload, 5_000, bits)).toEqual([0, 0]);
        expect(sameValues(decodeAll(coder, payload, 5_000), update)).toBe(true);
      }
    }
  });

  it("gives a block of two values exactly", () => {
    const update = Float32Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? -0.25 : 0.75));
    const coder = uniform({ bits: 1 });
    expect(decodeAll(coder, coder.encode(update, seeded(1)), 100)).toEqual(update);
  });

  it("repeats with the seed and differs without it", () => {
    const update = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i));
    expect(codec.encode(update, seeded(1))).toEqual(codec.encode(update, seeded(1)));
    expect(codec.encode(update, seeded(1))).not.toEqual(codec.encode(update, seeded(2)));
  });

  it.each([1, 2, 4, 8, 12])(
    "is unbiased at %i bits: averaging n encodings divides the error by n",
    (bits) => {
      const coder = uniform({ bits });
      const update = Float32Array.from({ length: 5_000 }, (_, i) => Math.sin(i * i) * 1e-3);
      const count = 100;
      const random = seeded(bits);
      const sum = new Float64Array(update.length);
      let single = 0;
      for (let n = 0; n < count; n++) {
        const decoded = decodeAll(coder, coder.encode(update, random), update.length);
        decoded.forEach((value, i) => {
          sum[i] = (sum[i] ?? 0) + value;
          single += (value - (update[i] ?? 0)) ** 2 / count;
        });
      }
      const errors = Array.from(sum, (total, i) => total / count - (update[i] ?? 0));
      const averaged = errors.reduce((total, error) => total + error ** 2, 0);
      expect((averaged * count) / single).toBeGreaterThan(0.9);
      expect((averaged * count) / single).toBeLessThan(1.1);
      // The sum of all errors has the variance of one encoding's, over n.
      const bias = errors.reduce((total, error) => total + error, 0);
      expect(Math.abs(bias)).toBeLessThan(5 * Math.sqrt(single / count));
    },
  );

  it("rounds up with the chance of the fraction", () => {
    const update = Float32Array.of(0, 255, ...new Array<number>(4_000).fill(100.25));
    const decoded = decodeAll(codec, codec.encode(update, seeded(5)), update.length);
    const up = decoded.filter((value) => value === 101).length;
    expect(decoded.subarray(2).every((value) => value === 100 || value === 101)).toBe(true);
    // 4,000 draws at 1/4: 1,000 with a standard deviation of 27.4.
    expect(Math.abs(up - 1_000)).toBeLessThan(5 * 27.4);
  });

  it.each([NaN, Infinity, -Infinity])("refuses to encode %s and says where it is", (bad) => {
    const update = new Float32Array(5_000);
    update[4_500] = bad;
    expect(errorOf(() => codec.encode(update, seeded(1)), "UPDATE_NOT_FINITE").context).toEqual({
      index: 4_500,
    });
  });

  it("accepts on one side exactly what it accepts on the other, up to 2^20", () => {
    for (const [low, high] of [
      [0, 2 ** 20],
      [-(2 ** 20), 2 ** 20],
      [-(2 ** 20), 3],
      [0, 2 ** 20 - 0.0625],
      [0, 2 ** 20 + 0.125],
      [-3e38, 3e38],
    ] as const) {
      for (const bits of [1, 3, 8]) {
        const coder = uniform({ bits });
        const payload = orTributaryError(() => coder.encode(Float32Array.of(low, high), seeded(1)));
        if (isTributaryError(payload)) expect(payload.code).toBe("UPDATE_OUT_OF_RANGE");
        else expect(coder.validate(payload, 2).maxAbs).toBeLessThanOrEqual(2 ** 20);
      }
    }
  });

  it("refuses bits it cannot pack", () => {
    for (const bits of [0, 17, 1.5, NaN]) errorOf(() => uniform({ bits }), "BAD_PARAMETER");
  });
});

describe("a hostile uniform payload", () => {
  const payloadOf = (min: number, step: number): Uint8Array => {
    const payload = codec.encode(new Float32Array(5_000), seeded(1));
    const view = new DataView(payload.buffer);
    view.setFloat32(4_104, min, true);
    view.setFloat32(4_108, step, true);
    return payload;
  };

  it.each([
    ["a minimum of NaN", NaN, 1, "UPDATE_NOT_FINITE"],
    ["an infinite minimum", -Infinity, 1, "UPDATE_NOT_FINITE"],
    ["a step of NaN", 0, NaN, "UPDATE_NOT_FINITE"],
    ["an infinite step", 0, Infinity, "UPDATE_NOT_FINITE"],
    ["a step that descends", 0, -1, "UPDATE_MALFORMED"],
    ["a huge minimum", -3e38, 0, "UPDATE_OUT_OF_RANGE"],
    ["a huge step", 0, 3e38, "UPDATE_OUT_OF_RANGE"],
    ["a grid that leaves the range at its top", 0, 4_113, "UPDATE_OUT_OF_RANGE"],
  ] as const)("with %s in its second block is refused", (_, min, step, code) => {
    errorOf(() => codec.validate(payloadOf(min, step), 5_000), code);
  });

  it("with bits after the last code is refused", () => {
    const coder = uniform({ bits: 3 });
    const payload = coder.encode(Float32Array.of(0, 1), seeded(1));
    expect(payload.length).toBe(9);
    payload[8] = (payload[8] ?? 0) | 0x40;
    errorOf(() => coder.validate(payload, 2), "UPDATE_MALFORMED");
  });

  it("of any other length is refused before the sink sees a value", () => {
    for (const length of [0, 8, 9, 11, 4_104]) {
      errorOf(() => codec.validate(new Uint8Array(length), 2), "UPDATE_SHAPE");
      errorOf(
        () => codec.decode(new Uint8Array(length), 2, () => expect.unreachable()),
        "UPDATE_SHAPE",
      );
    }
  });

  it("is refused with a TributaryError or decodes to finite values within the bound", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 0, max: 40 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        fc.boolean(),
        (bits, dimension, stream, mild) => {
          const coder = uniform({ bits });
          const length = coder.payloadBytes(dimension).max;
          const payload = Uint8Array.from({ length }, () => Number(stream.next().value));
          // Random exponents are mostly refused: a mild header lets the codes through.
          if (mild && length > 0) payload.set([0, 0, 0x80, 0xbf, 0, 0, 0x80, 0x3c]);
          const checked = orTributaryError(() => coder.validate(payload, dimension));
          if (isTributaryError(checked)) {
            expect(["UPDATE_MALFORMED", "UPDATE_NOT_FINITE", "UPDATE_OUT_OF_RANGE"]).toContain(
              checked.code,
            );
            return;
          }
          const decoded = decodeAll(coder, payload, dimension);
          expect(decoded.every((value) => Math.abs(value) <= checked.maxAbs)).toBe(true);
          expect(checked.maxAbs).toBeLessThanOrEqual(2 ** 20);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
