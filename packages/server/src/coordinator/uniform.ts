import type { RandomSource } from "@tributary/protocol";

/** Uniform in [0, 1), 32 bits fine. */
export function uniform(random: RandomSource): number {
  const bytes = random.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) / 2 ** 32;
}
