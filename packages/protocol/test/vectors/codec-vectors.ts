import { toHex } from "../../src/bytes/encoding.ts";
import { float32Bytes } from "../../src/bytes/float32-bytes.ts";
import { isTributaryError, type ErrorCode } from "../../src/errors.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import type { RandomSource } from "../../src/random/random-source.ts";
import { updateCodec, type UpdateSpec } from "../../src/update/codec-table.ts";
import { decodeAll } from "../update-helpers.ts";
import { UPDATE_SPECS } from "../update-specs.ts";

/** One payload and the values that it stands for. */
export interface CodecVector {
  readonly update: UpdateSpec;
  /** Number of values. */
  readonly dimension: number;
  /** Hexadecimal. */
  readonly payload: string;
  /** The values as little-endian float32, hexadecimal; left out where there are many. */
  readonly values?: string;
  /** SHA-256 of the values as little-endian float32. */
  readonly sha256: string;
}

/** A payload that a server refuses. */
export interface RefusedPayload {
  readonly update: UpdateSpec;
  readonly dimension: number;
  readonly payload: string;
  readonly why: string;
  readonly code: ErrorCode;
}

/** What `update-codecs.json` holds. */
export interface CodecVectors {
  readonly about: string;
  readonly accepted: readonly CodecVector[];
  readonly refused: readonly RefusedPayload[];
}

/** A change to the payload of 300 values that makes it invalid. */
type Fault = readonly [UpdateSpec, string, (payload: Uint8Array) => Uint8Array];

const with4 =
  (at: number, value: number) =>
  (payload: Uint8Array): Uint8Array => {
    new DataView(payload.buffer).setFloat32(at, value, true);
    return payload;
  };
const withByte =
  (at: number, byte: number) =>
  (payload: Uint8Array): Uint8Array => {
    payload[at < 0 ? payload.length + at : at] = byte;
    return payload;
  };
const withoutLast = (payload: Uint8Array): Uint8Array => payload.slice(0, -1);

const FAULTS: readonly Fault[] = [
  [{ codec: "float32" }, "A value is NaN.", with4(40, Number.NaN)],
  [{ codec: "float16" }, "A value is infinite.", withByte(1, 0x7c)],
  [{ codec: "uniform", bits: 5 }, "A byte is missing.", withoutLast],
  [{ codec: "uniform", bits: 5 }, "The step is negative.", with4(4, -1)],
  [{ codec: "uniform", bits: 5 }, "A bit follows the last code.", withByte(-1, 0xff)],
  [{ codec: "eden", bits: 4 }, "The scale is infinite.", with4(4, Number.POSITIVE_INFINITY)],
  [{ codec: "eden", bits: 4 }, "The scale is negative.", with4(4, -1)],
  [{ codec: "eden", bits: 2, entropy: true }, "A block is too short.", withByte(4, 19)],
  [
    { codec: "eden", bits: 2, entropy: true },
    "A stream does not end where it should.",
    withByte(12, 9),
  ],
  [{ codec: "qsgd", bits: 2 }, "A code has no level.", withByte(4, 0xff)],
  [{ codec: "qsgd", bits: 8, entropy: true }, "The table has no codes.", withByte(7, 0xff)],
  [{ codec: "terngrad" }, "A byte has no digits.", withByte(4, 243)],
  [{ codec: "random-k", fraction: 0.1 }, "A value is NaN.", with4(4, Number.NaN)],
  [{ codec: "top-k", fraction: 0.1 }, "A block has more values than there are.", withByte(0, 31)],
  [{ codec: "top-k", fraction: 0.1 }, "A place comes twice.", withByte(8, 0)],
];

/** One rotated block of 256 values, and one of 44 that are padded to 128. */
const SMALL = 300;
/** A whole block, and the rests of 128 and of 72 values. */
const LARGE = 4_096 + 200;

/** The bytes 3, 20, 37, … at every call, so that a codec gives the same payload each time. */
const repeatedBytes: RandomSource = {
  bytes: (length) => Uint8Array.from({ length }, (_, i) => 17 * i + 3),
  derive: () => repeatedBytes,
};

/** Values of several magnitudes and both signs, with zeros; the division by 2^k is exact. */
function sampleUpdate(dimension: number): Float32Array {
  return Float32Array.from({ length: dimension }, (_, i) => {
    const whole = ((i * i * 37 + 11 * i) % 2_003) - 1_001;
    return i % 13 === 0 ? 0 : whole / 2 ** (12 + (i % 5));
  });
}

/** Encodes a sample update by every codec of the table. */
export function makeCodecVectors(crypto: CryptoProvider): CodecVectors {
  const vectorOf = (update: UpdateSpec, dimension: number): CodecVector => {
    const codec = updateCodec(update);
    const payload = codec.encode(sampleUpdate(dimension), repeatedBytes);
    const values = float32Bytes(decodeAll(codec, payload, dimension));
    return {
      update,
      dimension,
      payload: toHex(payload),
      ...(dimension > SMALL ? {} : { values: toHex(values) }),
      sha256: toHex(crypto.sha256(values)),
    };
  };
  // What follows the first block differs from it where a seed decides.
  const large = UPDATE_SPECS.filter(({ codec }) => SEEDED.has(codec));
  return {
    about:
      "Payloads of updates by every codec (docs/protocol.md, section 7): payload to values, bit for bit. Hexadecimal; values are little-endian float32.",
    accepted: [
      ...UPDATE_SPECS.map((update) => vectorOf(update, SMALL)),
      ...large.map((update) => vectorOf(update, LARGE)),
    ],
    refused: FAULTS.map(([update, why, spoil]) => {
      const payload = spoil(updateCodec(update).encode(sampleUpdate(SMALL), repeatedBytes));
      const code = refusalOf(update, payload, SMALL);
      if (code === undefined) throw new Error(`${update.codec} accepts it: ${why}`);
      return { update, dimension: SMALL, payload: toHex(payload), why, code };
    }),
  };
}

/** The code of the error with which a payload is refused; undefined for one that is accepted. */
export function refusalOf(
  update: UpdateSpec,
  payload: Uint8Array,
  dimension: number,
): ErrorCode | undefined {
  try {
    updateCodec(update).validate(payload, dimension);
    return undefined;
  } catch (error) {
    if (isTributaryError(error)) return error.code;
    throw error;
  }
}

const SEEDED: ReadonlySet<string> = new Set(["rotated-uniform", "eden", "random-k", "top-k"]);
