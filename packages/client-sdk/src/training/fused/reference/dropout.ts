import type { DropoutKernels } from "../kernel-functions.ts";
import type { ReferenceMemory } from "./memory.ts";

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/**
 * Two random words for a counter under a key: Threefry-2x32 with 20 rounds.
 * @see Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011)
 */
export function threefry(
  [key0, key1]: readonly [number, number],
  [counter0, counter1]: readonly [number, number],
): readonly [number, number] {
  const keys = [key0, key1, key0 ^ key1 ^ 0x1bd11bda];
  let a = (counter0 + key0) | 0;
  let b = (counter1 + key1) | 0;
  for (let group = 0; group < 5; group++) {
    for (const by of ROTATIONS[group % 2]!) {
      a = (a + b) | 0;
      b = ((b << by) | (b >>> (32 - by))) ^ a;
    }
    a = (a + keys[(group + 1) % 3]!) | 0;
    b = (b + keys[(group + 2) % 3]! + group + 1) | 0;
  }
  return [a >>> 0, b >>> 0];
}

export function dropoutKernels(memory: ReferenceMemory): DropoutKernels {
  return {
    dropout(x, y, size, key0, key1, step, threshold, factor) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        const counter = 4 * Math.floor(i / 8) + (i % 4);
        const word = threefry([key0, key1], [counter, step])[i % 8 < 4 ? 0 : 1];
        f[y + i] = word < threshold ? 0 : f[x + i]! * Math.fround(factor);
      }
    },
  };
}
