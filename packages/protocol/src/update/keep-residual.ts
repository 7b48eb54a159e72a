import type { RandomSource } from "../random/random-source.ts";
import type { UpdateCodec } from "./update-codec.ts";

/** An encoded update, and what it leaves out. */
export interface ResidualEncoding {
  /** The bytes for the report. */
  readonly payload: Uint8Array;
  /**
   * Float32, shape [dimension]: update + earlier residual − decoded payload. Keep it once the
   * report counts, and not before.
   */
  readonly residual: Float32Array;
}

/**
 * The share of ‖x‖² up to which what an encoding loses is sent on as it is. Such losses add up to
 * 2.5 times the longest update at most.
 */
const SMALL_LOSS = 0.5;

/**
 * Encodes an update with error feedback: adds what earlier updates left out, and returns what this
 * one leaves out.
 * @param update - Float32, shape [dimension]; not modified.
 * @param residual - That of the last update that counted, same shape; not modified. Undefined for
 *   the first update.
 * @throws TributaryError as `UpdateCodec.encode`.
 * @see arXiv:1901.09847, Algorithm 2 (error feedback)
 */
export function keepResidual(
  codec: UpdateCodec,
  update: Float32Array,
  residual: Float32Array | undefined,
  random: RandomSource,
): ResidualEncoding {
  const left = update.slice();
  if (residual !== undefined) for (let i = 0; i < left.length; i++) left[i]! += residual[i]!;
  const payload = encodeForFeedback(codec, left, random);
  codec.decode(payload, left.length, (block, offset) => {
    for (let i = 0; i < block.length; i++) left[offset + i]! -= block[i]!;
  });
  return { payload, residual: left };
}

/**
 * Encodes values whose loss is added to the next values that are encoded. The loss x − x̂ of a noisy
 * codec is longer than x, so that it would grow from one encoding to the next without a bound. Such
 * a codec gets α·x to encode instead of x, where α·x̂ is as near to x as a multiple of x̂ can be.
 * What is lost is then shorter than x, whatever the codec. A decoder need not know of it.
 * @param values - Float32, shape [dimension]: x; not modified.
 * @throws TributaryError as `UpdateCodec.encode`.
 * @see arXiv:1901.09847, §3 (compressors that contract); arXiv:2002.12410, §2 (a scaled unbiased
 *   compressor is one)
 */
export function encodeForFeedback(
  codec: UpdateCodec,
  values: Float32Array,
  random: RandomSource,
): Uint8Array {
  const coins = repeatedDraw(random);
  const payload = codec.encode(values, coins);
  let squares = 0;
  let product = 0;
  let decodedSquares = 0;
  codec.decode(payload, values.length, (block, offset) => {
    for (let i = 0; i < block.length; i++) {
      const value = values[offset + i]!;
      const decoded = block[i]!;
      squares += value * value;
      product += value * decoded;
      decodedSquares += decoded * decoded;
    }
  });
  const lost = squares - 2 * product + decodedSquares;
  const factor = Math.max(0, product / decodedSquares);
  if (lost <= SMALL_LOSS * squares || !(factor < 1)) return payload;
  // The same coins give the same codes, so that what is decoded is α·x̂ and no other vector.
  return codec.encode(
    values.map((value) => value * factor),
    coins,
  );
}

/** A source that gives the bytes of its one draw again and again. */
function repeatedDraw(random: RandomSource): RandomSource {
  let drawn: Uint8Array | undefined;
  const source: RandomSource = {
    bytes: (length) => (drawn ??= random.bytes(length)).slice(),
    derive: () => source,
  };
  return source;
}
