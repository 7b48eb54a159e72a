import type { RandomSource } from "@tributary/protocol";
import type { DropoutMask } from "../kernels/number-kernels.ts";

/** What decides which values a layer drops, as long as nobody has said which random source to use. */
export const undecidedMask = (rate: number): DropoutMask => ({
  key: [0, 0],
  threshold: Math.floor(rate * 2 ** 32),
  factor: 1 / (1 - rate),
});

/** Takes all bits of a mask's key from the source of a training, so that a seed always drops alike. */
export function decidedMask(mask: DropoutMask, random: RandomSource): DropoutMask {
  const words = new DataView(random.bytes(8).slice().buffer);
  return { ...mask, key: [words.getInt32(0, true), words.getInt32(4, true)] };
}
