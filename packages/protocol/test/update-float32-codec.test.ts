import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom } from "../src/random/random-source.ts";
import { toHex } from "../src/bytes/encoding.ts";
import { updateCodec } from "../src/update/codec-table.ts";
import { errorOf } from "./expect-error.ts";
import { decodeAll, shiftedCopy, updates } from "./update-helpers.ts";
import { sameValues } from "./same-values.ts";

const codec = updateCodec({ codec: "float32" });
const random = seededRandom(createNodeCryptoProvider(), 1);

describe("the float32 codec", () => {
  it("keeps its frozen bytes", () => {
    // IEEE 754 binary32, little-endian.
    const update = Float32Array.of(1, -0.5, 2 ** -149, -0, 2 ** 20);
    expect(toHex(codec.encode(update, random))).toBe(
      "0000803f" + "000000bf" + "01000000" + "00000080" + "00008049",
    );
  });

  it("loses nothing, at any alignment", () => {
    fc.assert(
      fc.property(updates({ maxLength: 9_000 }), fc.nat(3), (update, shift) => {
        const payload = shiftedCopy(codec.encode(update, random), shift);
        expect(payload.length).toBe(codec.payloadBytes(update.length).max);
        expect(sameValues(decodeAll(codec, payload, update.length), update)).toBe(true);
        const maxAbs = update.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expect(codec.validate(payload, update.length)).toEqual({ maxAbs });
      }),
    );
  });

  it("hands on views of an aligned payload and one buffer for another", () => {
    const payload = codec.encode(new Float32Array(10_000), random);
    const buffers = (bytes: Uint8Array): Set<ArrayBufferLike> => {
      const seen = new Set<ArrayBufferLike>();
      codec.decode(bytes, 10_000, (block) => seen.add(block.buffer));
      return seen;
    };
    expect([...buffers(payload)]).toEqual([payload.buffer]);
    expect(buffers(shiftedCopy(payload, 1)).size).toBe(1);
  });

  it.each([1, 2, 3, 4, 5, 8, 11])("finds a value that is not finite among %i", (length) => {
    for (let at = 0; at < length; at++) {
      const update = new Float32Array(length).fill(-1);
      update[at] = at % 2 === 0 ? NaN : -Infinity;
      expect(() => codec.encode(update, random)).toThrow(`value ${at}`);
      update[at] = -3;
      expect(codec.validate(codec.encode(update, random), length)).toEqual({ maxAbs: 3 });
    }
  });

  it("does not keep the update that it encodes", () => {
    const update = Float32Array.of(1, 2);
    const payload = codec.encode(update, random);
    update.fill(9);
    expect([...decodeAll(codec, payload, 2)]).toEqual([1, 2]);
  });

  it.each([NaN, Infinity, -Infinity])("refuses %s on both sides and says where it is", (bad) => {
    const update = new Float32Array(5_000).fill(1);
    update[4_500] = bad;
    const payload = new Uint8Array(update.buffer);
    for (const step of [
      () => codec.encode(update, random),
      () => codec.validate(payload, 5_000),
      () => codec.validate(shiftedCopy(payload, 3), 5_000),
    ]) {
      expect(errorOf(step, "UPDATE_NOT_FINITE").context).toEqual({ index: 4_500 });
    }
  });

  it("refuses magnitudes beyond 2^20 on both sides, and takes that one", () => {
    const edge = Float32Array.of(0, -(2 ** 20));
    expect(codec.validate(codec.encode(edge, random), 2)).toEqual({ maxAbs: 2 ** 20 });
    const beyond = Float32Array.of(0, -(2 ** 20) - 0.125);
    errorOf(() => codec.encode(beyond, random), "UPDATE_OUT_OF_RANGE");
    errorOf(() => codec.validate(new Uint8Array(beyond.buffer), 2), "UPDATE_OUT_OF_RANGE");
  });

  it("refuses any length but its own, before the sink sees a value", () => {
    for (const length of [0, 7, 9, 12]) {
      errorOf(() => codec.validate(new Uint8Array(length), 2), "UPDATE_SHAPE");
      errorOf(() => decodeAll(codec, new Uint8Array(length), 2), "UPDATE_SHAPE");
    }
  });
});
