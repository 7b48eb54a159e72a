import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { toHex } from "../src/bytes/encoding.ts";
import { checkpointIdOf, decodeCheckpoint, encodeCheckpoint } from "../src/model/checkpoint.ts";
import { layoutOf } from "../src/model/parameter-layout.ts";
import { errorOf } from "./expect-error.ts";

const layout = layoutOf([
  { name: "a/kernel", shape: [2] },
  { name: "a/bias", shape: [1] },
]);
const values = Float32Array.of(1, -2.5, 2 ** -149);

describe("a checkpoint", () => {
  it("is the values as little-endian float32, and nothing else", () => {
    expect(toHex(encodeCheckpoint(values))).toBe("0000803f" + "000020c0" + "01000000");
  });

  it("has a name that is frozen", () => {
    // sha256 of the twelve bytes above, by Python's hashlib.
    expect(checkpointIdOf(createNodeCryptoProvider(), encodeCheckpoint(values))).toBe(
      "62cbf14526cb356a9246af2c0bec2214cb0a05e33d4b8661b655f902d6d165f3",
    );
  });

  it("can be read from bytes of any alignment", () => {
    const bytes = encodeCheckpoint(values);
    for (const shift of [0, 1, 2, 3, 4]) {
      const buffer = new Uint8Array(bytes.length + shift);
      buffer.set(bytes, shift);
      expect(decodeCheckpoint(buffer.subarray(shift), layout)).toEqual(values);
    }
  });

  it("shares memory with its values, in both directions, where alignment allows", () => {
    const bytes = encodeCheckpoint(values);
    expect(bytes.buffer).toBe(values.buffer);
    expect(decodeCheckpoint(bytes, layout).buffer).toBe(values.buffer);
  });

  it("is refused when it has the length of another model", () => {
    for (const length of [0, 8, 11, 13, 16]) {
      const error = errorOf(
        () => decodeCheckpoint(new Uint8Array(length), layout),
        "CHECKPOINT_CORRUPT",
      );
      expect(error.message).toContain("12");
    }
  });

  it.each([NaN, Infinity, -Infinity])(
    "is refused when it holds %s, and the error says where",
    (bad) => {
      const bytes = encodeCheckpoint(Float32Array.of(1, 2, bad));
      const error = errorOf(() => decodeCheckpoint(bytes, layout), "CHECKPOINT_CORRUPT");
      expect(error.message).toContain(
        `Value 2 of the checkpoint is ${bad}, in the parameter a/bias`,
      );
    },
  );
});
