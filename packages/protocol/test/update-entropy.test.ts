// What entropy coding does to a quantizer's payloads: nothing to their values, and never much to their length.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom, type RandomSource } from "../src/random/random-source.ts";
import { isTributaryError } from "../src/errors.ts";
import { referenceKernels } from "../src/kernels/reference-kernels.ts";
import { createKernelsSync } from "../src/kernels/wasm-kernels.ts";
import { updateCodec, type UpdateSpec } from "../src/update/codec-registry.ts";
import { sumOverBlocks } from "../src/update/value-blocks.ts";
import { errorOf, orTributaryError } from "./expect-error.ts";
import { sameValues } from "./same-values.ts";
import { decodeAll, updates } from "./update-helpers.ts";
import { specName } from "./update-specs.ts";

const crypto = createNodeCryptoProvider();
const seeded = (seed: number): RandomSource => seededRandom(crypto, seed);
const wasm = createKernelsSync();
const twin = referenceKernels();

const QUANTIZERS: readonly UpdateSpec[] = [
  ...([1, 2, 5, 8] as const).map((bits) => ({ codec: "uniform", bits }) as const),
  ...([2, 4, 8] as const).map((bits) => ({ codec: "rotated-uniform", bits }) as const),
  ...([2, 3, 8] as const).map((bits) => ({ codec: "qsgd", bits }) as const),
  { codec: "terngrad" },
];

const blocksOf = (spec: UpdateSpec, dimension: number): number =>
  sumOverBlocks(spec.codec === "rotated-uniform" ? "rotation" : "whole", dimension, () => 1);

const modest = updates({ maxLength: 9_000 }).map((update) =>
  update.map((value) => value / 2 ** 15),
);
/** Few large values, as updates have: most codes are the same. */
const spiky = Float32Array.from({ length: 8_400 }, (_, i) => Math.sin(i) ** 16);
/** Every code as often as every other. */
const flat = Float32Array.from({ length: 8_192 }, (_, i) => ((i * 37) % 4_096) / 4_096 - 0.5);

describe.each(QUANTIZERS.map((spec) => [specName(spec), spec] as const))(
  "entropy coding, %s:",
  (_, spec) => {
    const plain = updateCodec(spec, wasm);
    const coded = updateCodec({ ...spec, entropy: true } as UpdateSpec, wasm);

    it("the values are those of the plain payload, to the bit", () => {
      fc.assert(
        fc.property(fc.oneof(modest, fc.constantFrom(spiky, flat)), fc.nat(), (update, seed) => {
          const { length } = update;
          const payload = coded.encode(update, seeded(seed));
          const expected = plain.encode(update, seeded(seed));
          expect(coded.validate(payload, length)).toEqual(plain.validate(expected, length));
          const values = decodeAll(coded, payload, length);
          expect(sameValues(values, decodeAll(plain, expected, length))).toBe(true);
        }),
        { numRuns: 30 },
      );
    });

    it("no payload is longer than the plain one by more than two bytes a block", () => {
      fc.assert(
        fc.property(modest, fc.nat(), (update, seed) => {
          const { length } = update;
          const most = plain.payloadBytes(length).max + 2 * blocksOf(spec, length);
          expect(coded.payloadBytes(length).max).toBe(most);
          expect(coded.encode(update, seeded(seed)).length).toBeLessThanOrEqual(most);
        }),
        { numRuns: 30 },
      );
    });

    it("rare codes make it shorter", () => {
      const { length } = coded.encode(spiky, seeded(1));
      expect(length).toBeLessThan(plain.payloadBytes(spiky.length).max);
    });

    it("the bytes are the same from the twin, where all codes are one as well", () => {
      const other = updateCodec({ ...spec, entropy: true } as UpdateSpec, twin);
      for (const update of [spiky, flat, new Float32Array(5_000), new Float32Array(300).fill(2)]) {
        const payload = coded.encode(update, seeded(3));
        expect(Buffer.compare(payload, other.encode(update, seeded(3)))).toBe(0);
        const values = decodeAll(other, payload, update.length);
        expect(sameValues(values, decodeAll(coded, payload, update.length))).toBe(true);
      }
    });

    it("bytes that are no entropy code are refused", () => {
      const honest = coded.encode(spiky.subarray(0, 4_096), seeded(2));
      const head = spec.codec === "rotated-uniform" ? 4 : 0;
      const table = head + 2 + (spec.codec.endsWith("uniform") ? 8 : 4);
      expect(honest.length).toBeLessThan(plain.payloadBytes(4_096).max);
      const lies: Uint8Array[] = [
        honest.subarray(0, -2),
        Uint8Array.of(...honest, 0, 0),
        honest.with(head, honest[head]! ^ 1), // the block's length
        honest.with(table, 255), // the lowest code
        honest.with(table + 1, 255 - honest[table + 1]!), // the highest
        honest.with(honest.length - 1, honest.at(-1)! ^ 128), // a word
        honest.slice().fill(255, table), // frequencies, states and words
        honest.slice().fill(0, table),
        honest.slice().fill(0, table + 2),
      ];
      for (const payload of lies) {
        errorOf(() => coded.validate(payload, 4_096), "UPDATE_MALFORMED");
      }
    });

    it("changed bytes are refused, or are values within the bound", () => {
      const honest = coded.encode(spiky, seeded(4));
      const place = fc.tuple(fc.nat(200), fc.nat(255));
      fc.assert(
        fc.property(fc.array(place, { minLength: 1, maxLength: 4 }), (changes) => {
          const payload = honest.slice();
          for (const [at, byte] of changes) payload[at % payload.length] = byte;
          const checked = orTributaryError(() => coded.validate(payload, spiky.length));
          if (isTributaryError(checked)) {
            expect(checked.code).toMatch(/^UPDATE_/);
            return;
          }
          const values = decodeAll(coded, payload, spiky.length);
          expect(values.every((value) => Math.abs(value) <= checked.maxAbs)).toBe(true);
        }),
        { numRuns: 60 },
      );
    });
  },
);

it("a block that all codes fill alike is not coded, and takes two bytes more", () => {
  const update = flat.subarray(0, 4_096);
  const plain = updateCodec({ codec: "uniform", bits: 4 }, wasm);
  const coded = updateCodec({ codec: "uniform", bits: 4, entropy: true }, wasm);
  const payload = coded.encode(update, seeded(1));
  const expected = plain.encode(update, seeded(1));
  expect(payload.subarray(2)).toEqual(expected);
  expect(payload[0]! + 256 * payload[1]!).toBe(expected.length);
});

it("zeros take what their blocks need to say so", () => {
  const { length } = updateCodec({ codec: "terngrad", entropy: true }, wasm).encode(
    new Float32Array(8_192),
    seeded(1),
  );
  // Length, norm, one code with its class, four states.
  expect(length).toBe(2 * (2 + 4 + 4 + 16));
});

it("each block of an update has a table of its own", () => {
  const update = Float32Array.of(...spiky.subarray(0, 4_096), ...flat.subarray(0, 4_096));
  const codec = updateCodec({ codec: "uniform", bits: 4, entropy: true }, wasm);
  const alone = [update.subarray(0, 4_096), update.subarray(4_096)].map(
    (block) => codec.encode(block, seeded(1)).length,
  );
  const { length } = codec.encode(update, seeded(1));
  expect(Math.abs(length - alone[0]! - alone[1]!)).toBeLessThan(40);
});

it("codes of more than eight bits are refused", () => {
  const wrong: UpdateSpec[] = [
    { codec: "uniform", bits: 9, entropy: true },
    { codec: "rotated-uniform", bits: 16, entropy: true },
    { codec: "qsgd", bits: 9, entropy: true },
  ];
  for (const spec of wrong) {
    expect(errorOf(() => updateCodec(spec, wasm), "BAD_PARAMETER").remedy).toContain("8 bits");
  }
});
