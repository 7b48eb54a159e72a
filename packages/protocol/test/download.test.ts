import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import {
  applyDifference,
  downloadCodec,
  dueArtifacts,
  packValues,
  packedLengthLimit,
  seededRandom,
  unpackValues,
  updateCodec,
  xoshiro128,
  type ArtifactId,
  type CheckpointId,
  type Delivery,
  type PlanId,
  type UpdateSpec,
} from "../src/index.ts";
import { errorOf } from "./expect-error.ts";
import { expectSameValues } from "./same-values.ts";

const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 20_261_120);

const SPECS: readonly UpdateSpec[] = [
  { codec: "float32" },
  { codec: "float16" },
  { codec: "uniform", bits: 8 },
  { codec: "eden", bits: 4 },
  { codec: "random-k", fraction: 0.1 },
];

/**
 * Uniform values in [−scale, scale), the same for the same count. A generator makes them, since the
 * seeded source computes an HMAC for every eight of them, which takes seconds for a million.
 */
function valuesOf(count: number, scale = 1): Float32Array {
  const word = xoshiro128(random.derive(`values ${count}`).bytes(16));
  return Float32Array.from({ length: count }, () => (word() / 2 ** 31 - 1) * scale);
}

function unpacked(spec: UpdateSpec, packed: Uint8Array, count: number): Float32Array {
  const values = new Float32Array(count);
  let next = 0;
  unpackValues(updateCodec(spec), packed, count, (block, offset) => {
    if (offset !== next) expect.fail(`A block came at ${offset} and not at ${next}`);
    values.set(block, offset);
    next += block.length;
  });
  expect(next).toBe(count);
  return values;
}

describe("packed values", () => {
  it.each(SPECS)(
    "in $codec are unpacked to what the codec makes of them, however many they are",
    async (spec) => {
      const codec = updateCodec(spec);
      for (const count of [1, 4_097, 131_072, 131_073, 300_001]) {
        const values = valuesOf(count);
        const packed = await packValues(codec, values, random.derive("pack"));
        expect(packed.length).toBeLessThanOrEqual(packedLengthLimit(codec, count));
        const back = unpacked(spec, packed, count);
        if (spec.codec === "float32") expectSameValues(back, values);
        if (spec.codec === "float16") {
          const worst = back.reduce(
            (most, value, i) => Math.max(most, Math.abs(value - values[i]!)),
            0,
          );
          expect(worst).toBeLessThanOrEqual(2 ** -10);
        }
      }
    },
  );

  it("in half precision do not change when they are packed again", async () => {
    const codec = updateCodec({ codec: "float16" });
    const once = unpacked(
      { codec: "float16" },
      await packValues(codec, valuesOf(5_000), random),
      5_000,
    );
    const twice = unpacked({ codec: "float16" }, await packValues(codec, once, random), 5_000);
    expectSameValues(twice, once);
  });

  it("let other work run between two segments", async () => {
    let rests = 0;
    const rest = (): Promise<void> => Promise.resolve(void rests++);
    await packValues(updateCodec({ codec: "float32" }), valuesOf(300_001), random, rest);
    expect(rests).toBe(2);
  });

  it("are refused when they are too short, too long, or not as many as expected", async () => {
    const codec = updateCodec({ codec: "uniform", bits: 8 });
    const packed = await packValues(codec, valuesOf(140_000), random);
    const refuse = (bytes: Uint8Array, count = 140_000): void => {
      errorOf(() => unpackValues(codec, bytes, count, () => {}), "UPDATE_SHAPE");
    };
    for (const length of [0, 3, 4, 100, packed.length - 1]) refuse(packed.subarray(0, length));
    refuse(Uint8Array.of(...packed.subarray(0, 8), 0, 0));
    const longer = new Uint8Array(packed.length + 1);
    longer.set(packed);
    refuse(longer);
    refuse(packed, 131_072);
    refuse(packed, 140_001);
    const huge = packed.slice();
    huge.set([255, 255, 255, 255]);
    refuse(huge);
  });

  it("hand no value of a segment on when one of them is NaN", async () => {
    const codec = updateCodec({ codec: "float32" });
    const packed = await packValues(codec, valuesOf(10), random);
    new DataView(packed.buffer).setFloat32(4 + 4 * 3, Number.NaN, true);
    let seen = 0;
    errorOf(() => unpackValues(codec, packed, 10, () => (seen += 1)), "UPDATE_NOT_FINITE");
    expect(seen).toBe(0);
  });
});

describe("a difference", () => {
  it("changes exactly the values of its ranges, by one addition each", async () => {
    const codec = updateCodec({ codec: "float32" });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3_000), fc.integer({ min: 1, max: 5_000 })), {
          minLength: 1,
          maxLength: 6,
        }),
        async (gaps) => {
          let position = 0;
          const ranges = gaps.map(([gap, length]) => {
            const offset = position + gap;
            position = offset + length;
            return { offset, length };
          });
          const base = valuesOf(position + 7);
          const change = valuesOf(
            ranges.reduce((sum, { length }) => sum + length, 0),
            0.1,
          );
          const packed = await packValues(codec, change, random);
          const next = applyDifference(base, ranges, codec, packed);
          const expected = base.slice();
          let taken = 0;
          for (const { offset, length } of ranges) {
            for (let i = 0; i < length; i++) expected[offset + i]! += change[taken++]!;
          }
          expectSameValues(next, expected);
        },
      ),
      { numRuns: 50, seed: 20_261_120 },
    );
  });
});

describe("the artifacts that follow a delivery", () => {
  const id = (digit: string): ArtifactId => digit.repeat(64) as ArtifactId;
  const delivery: Delivery = {
    plan: { id: id("1") as PlanId, byteLength: 10 },
    planSignature: new Uint8Array(64),
    checkpoint: { id: id("2") as CheckpointId, byteLength: 40 },
    key: new Uint8Array(32),
    packed: { id: id("3"), byteLength: 20 },
    difference: { base: id("4") as CheckpointId, packed: { id: id("5"), byteLength: 5 } },
  };
  const kinds = (...held: string[]): string[] =>
    dueArtifacts(delivery, (each) => held.map(id).includes(each)).map(
      ({ artifact, byteLength }) => `${artifact} ${byteLength}`,
    );

  it("are those that the client does not hold, with a difference in place of the whole checkpoint", () => {
    expect(kinds()).toEqual(["plan 10", "checkpoint 20"]);
    expect(kinds("1")).toEqual(["checkpoint 20"]);
    expect(kinds("1", "2")).toEqual([]);
    expect(kinds("1", "4")).toEqual(["difference 5"]);
    expect(kinds("1", "2", "4")).toEqual([]);
    const { packed: _, ...plain } = delivery;
    expect(dueArtifacts(plain, () => false).at(-1)).toMatchObject({ id: id("2"), byteLength: 40 });
  });

  it("are packed in the codec that the plan names", () => {
    expect(downloadCodec({ encoding: "float32" })).toBeUndefined();
    expect(downloadCodec({ encoding: "float16" })?.name).toBe("float16");
    const update = { codec: "eden", bits: 8 } as const;
    expect(downloadCodec({ encoding: "difference", update })?.name).toBe("eden");
  });
});
