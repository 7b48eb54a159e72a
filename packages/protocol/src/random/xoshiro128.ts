/** Draws the next 32 random bits as an integer in [0, 2^32). */
export type RandomWords = () => number;

/** State words of xoshiro128**, not all zero. */
export type XoshiroState = [number, number, number, number];

/**
 * xoshiro128** 1.1: fast, well distributed, and not cryptographic. For dithering and initial weights, never for
 * keys, masks or noise.
 * @param seed - 16 bytes: the state as little-endian words.
 * @see Blackman and Vigna, "Scrambled linear pseudorandom number generators", https://prng.di.unimi.it/xoshiro128starstar.c
 */
export function xoshiro128(seed: Uint8Array): RandomWords {
  let [s0, s1, s2, s3] = xoshiroState(seed);
  return () => {
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result >>> 0;
  };
}

/** The state that a seed stands for. All zeros would repeat forever, so they get a fixed other state. */
export function xoshiroState(seed: Uint8Array): XoshiroState {
  const view = new DataView(seed.buffer, seed.byteOffset, 16);
  const word = (index: number): number => view.getInt32(4 * index, true);
  const state: XoshiroState = [word(0), word(1), word(2), word(3)];
  return state.every((part) => part === 0) ? [1, 2, 3, 4] : state;
}
