// What was once sent must mean the same for ever. A decoder in Python that follows docs/protocol.md gave the same values for
// these payloads, but for float32 rounding; then their hashes were frozen.
import { expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import type { RandomSource } from "../src/random/random-source.ts";
import { toHex } from "../src/bytes/encoding.ts";
import { updateCodec, type UpdateSpec } from "../src/update/codec-registry.ts";

/** Bytes of a payload, and the first half of its SHA-256. */
const FROZEN: readonly (readonly [UpdateSpec, number, string])[] = [
  [{ codec: "float16" }, 9000, "46ae887f731d666e8e8f2e734b1ae3c8"],
  [{ codec: "uniform", bits: 5 }, 2829, "6df48ff8f12197509016eedf120a1d85"],
  [{ codec: "rotated-uniform", bits: 3 }, 1764, "a03e66751ccb44e89f9876ac9be2412f"],
  [{ codec: "eden", bits: 0.5 }, 308, "e00f9e22344664ae1a88faad12883339"],
  [{ codec: "eden", bits: 1 }, 596, "63b9e9df26031742b3b6199f752d2e0b"],
  [{ codec: "eden", bits: 2 }, 1172, "113ff6b589bab5e788116905d9f1b8c2"],
  [{ codec: "eden", bits: 3 }, 1748, "fad8a9884ce9d1809e1c4c41008a751a"],
  [{ codec: "eden", bits: 4 }, 2324, "8f666f860b9418e9c73c4e7244bd9f46"],
  [{ codec: "eden", bits: 8 }, 4628, "6774cb140a6ae7091883b8d976c496a0"],
  [{ codec: "eden", bits: 1, entropy: true }, 642, "f6c08bb8e4be12c8ea6a1ef6168358ea"],
  [{ codec: "eden", bits: 4, entropy: true }, 2378, "6d43ab5e64f910739933b5050f63c360"],
  [{ codec: "drive" }, 596, "63b9e9df26031742b3b6199f752d2e0b"],
  [{ codec: "qsgd", bits: 4 }, 2258, "d1452ff6161e9ed5331bd13490566622"],
  [{ codec: "terngrad" }, 909, "9f2aa59d783cea2e2e9f31d315f6c268"],
  [{ codec: "uniform", bits: 5, entropy: true }, 2833, "92b180cce7060c6380ab324c5313ac80"],
  [{ codec: "rotated-uniform", bits: 3, entropy: true }, 1261, "adc08d20af1ced2bd949955bd97fc292"],
  [{ codec: "qsgd", bits: 4, entropy: true }, 390, "15dcffaf2828ef08567c103727ca9ec8"],
  [{ codec: "terngrad", entropy: true }, 874, "72fb5e7bfab90162f4c98fbff1b7f709"],
  [{ codec: "random-k", fraction: 0.1 }, 1808, "27d9bb8ef8728d6818321e26ffb00312"],
  [{ codec: "top-k", fraction: 0.05 }, 1354, "39615b821e2dc335ef58c94e2629aed2"],
];

/** A block of 4,096 values, and for rotation of 256, 128 and 20; no rounding on the way to float32. */
const update = Float32Array.from(
  { length: 4_500 },
  (_, i) => (((i * i * 37) % 2_003) - 1_001) / 2 ** 12,
);

const random: RandomSource = {
  bytes: (length) => Uint8Array.from({ length }, (_, i) => 17 * i + 3),
  derive: () => random,
};

it.each(FROZEN.map(([spec, bytes, hash]) => [JSON.stringify(spec), spec, bytes, hash] as const))(
  "the bytes of %s are those of the protocol",
  (_, spec, bytes, hash) => {
    const payload = updateCodec(spec).encode(update, random);
    expect(payload.length).toBe(bytes);
    expect(toHex(createNodeCryptoProvider().sha256(payload)).slice(0, 32)).toBe(hash);
  },
);
