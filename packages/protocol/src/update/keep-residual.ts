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
  const payload = codec.encode(left, random);
  codec.decode(payload, left.length, (block, offset) => {
    for (let i = 0; i < block.length; i++) left[offset + i]! -= block[i]!;
  });
  return { payload, residual: left };
}
