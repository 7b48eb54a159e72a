import type { RandomSource } from "./random-source.ts";

/**
 * Draws a number in [0, 1), each multiple of 2⁻³² equally likely.
 * @param random - 4 bytes are drawn from it.
 */
export function drawUniform(random: RandomSource): number {
  const bytes = random.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) / 2 ** 32;
}
