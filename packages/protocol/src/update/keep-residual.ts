import type { RandomSource } from "../random/random-source.ts";
import type { UpdateCodec } from "./update-codec.ts";

/** An update with what earlier ones left unsaid, and what this one leaves. */
export interface ResidualEncoding {
  readonly payload: Uint8Array;
  /** Float32, shape [dimension]: update + residual − what the payload says. Keep it once the report counts, and not before. */
  readonly residual: Float32Array;
}

/**
 * Encodes with error feedback: adds what earlier updates left unsaid, and says what this one leaves.
 * @param update - Float32, shape [dimension]; not modified.
 * @param residual - Of the last update that counted, same shape; not modified. Absent for the first one.
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
