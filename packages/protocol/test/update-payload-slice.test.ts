import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom } from "../src/crypto/random-source.ts";
import { updateCodec, updateCodecNames, type UpdateSpec } from "../src/update/codec-registry.ts";
import { payloadSlice } from "../src/update/payload-slice.ts";
import { UPDATE_BLOCK_VALUES, type UpdateCodec } from "../src/update/update-codec.ts";

const specs: Record<UpdateSpec["codec"], UpdateSpec> = {
  float32: { codec: "float32" },
  uniform: { codec: "uniform", bits: 8 },
};

function decoded(codec: UpdateCodec, payload: Uint8Array, dimension: number): Float32Array {
  const values = new Float32Array(dimension);
  codec.validate(payload, dimension);
  codec.decode(payload, dimension, (block, offset) => values.set(block, offset));
  return values;
}

describe("a slice of a payload", () => {
  // A codec whose blocks depend on each other must not be registered without another way to read some of its values.
  it.each(updateCodecNames)("is a payload of its own with the codec %s", (name) => {
    const codec = updateCodec(specs[name]);
    const random = seededRandom(createNodeCryptoProvider(), 5);
    const dimension = 3 * UPDATE_BLOCK_VALUES + 5;
    const update = Float32Array.from({ length: dimension }, (_, i) => Math.sin(i) * (1 + i / 999));
    const payload = codec.encode(update, random);
    const whole = decoded(codec, payload, dimension);
    for (let offset = 0; offset < dimension; offset += UPDATE_BLOCK_VALUES) {
      for (let end = offset + UPDATE_BLOCK_VALUES; ; end += UPDATE_BLOCK_VALUES) {
        const length = Math.min(end, dimension) - offset;
        const slice = payloadSlice(codec, payload, offset, length);
        expect(decoded(codec, slice, length)).toEqual(whole.subarray(offset, offset + length));
        if (end >= dimension) break;
      }
    }
  });

  it.each(updateCodecNames)("is never longer than the values as float32: codec %s", (name) => {
    const codec = updateCodec(specs[name]);
    for (const dimension of [3, 100, 4_096, 4_097, 1_663_370]) {
      // A block's header makes no difference but for a handful of values.
      expect(codec.payloadBytes(dimension)).toBeLessThanOrEqual(4 * dimension + 8);
    }
  });
});
