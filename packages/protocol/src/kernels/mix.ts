/**
 * The step between the words of one key or of one stream: an odd number (2³² divided by the golden
 * ratio), so that the words are different for all 2³² positions.
 */
export const GOLDEN = 0x9e3779b9;

/**
 * Turns a number into an unrelated number, so that neighbouring inputs give outputs that look
 * random: the last steps of MurmurHash3. It is not cryptographic.
 * @returns 32 bits as a signed integer.
 * @see https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp
 */
export function mix(word: number): number {
  let h = word | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
