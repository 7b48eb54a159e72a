// AssemblyScript. The last steps of MurmurHash3, which turn neighbouring numbers into unrelated
// words. See ../mix.ts. https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp
// (public domain)

/** The step between the words of one key. */
export const GOLDEN: i32 = 0x9e3779b9;

/** Mixes one word. */
export function mix(word: i32): i32 {
  let h = word;
  h ^= h >>> 16;
  h *= 0x85ebca6b;
  h ^= h >>> 13;
  h *= 0xc2b2ae35;
  h ^= h >>> 16;
  return h;
}

/** Mixes four words at once. */
export function mix4(words: v128): v128 {
  let h = words;
  h = v128.xor(h, i32x4.shr_u(h, 16));
  h = i32x4.mul(h, i32x4.splat(0x85ebca6b));
  h = v128.xor(h, i32x4.shr_u(h, 13));
  h = i32x4.mul(h, i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}
