import type { DropoutKernels } from "../number-kernels.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

/** By how many bits Threefry rotates in each of four rounds, for even and for odd groups. */
const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/**
 * Computes two random words from a key and a counter: Threefry-2x32 with 20 rounds.
 * @returns Two integers from 0 to below 2³².
 * @see Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011)
 */
export function threefry(
  [key0, key1]: readonly [number, number],
  [counter0, counter1]: readonly [number, number],
): readonly [number, number] {
  // The third word of the key follows from the other two and a constant of the generator.
  const keys = [key0, key1, key0 ^ key1 ^ 0x1bd11bda];
  let a = (counter0 + key0) | 0;
  let b = (counter1 + key1) | 0;
  for (let group = 0; group < 5; group++) {
    for (const by of ROTATIONS[group % 2]!) {
      a = (a + b) | 0;
      b = ((b << by) | (b >>> (32 - by))) ^ a;
    }
    // After every four rounds the key is added again, shifted by one word each time.
    a = (a + keys[(group + 1) % 3]!) | 0;
    b = (b + keys[(group + 2) % 3]! + group + 1) | 0;
  }
  return [a >>> 0, b >>> 0];
}

/** The specification of dropout. */
export function dropoutKernels(memory: ReferenceMemory): DropoutKernels {
  return {
    dropout(x, y, size, { key, threshold, factor }, step) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        // One block of 8 values takes the first words of four counters, and then their second
        // words.
        const counter = 4 * Math.floor(i / 8) + (i % 4);
        const word = threefry(key, [counter, step])[i % 8 < 4 ? 0 : 1];
        f[indexOf(y) + i] = word < threshold ? 0 : f[indexOf(x) + i]! * Math.fround(factor);
      }
    },
  };
}
