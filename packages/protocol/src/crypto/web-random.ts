// The part of Web Crypto that is used. `protocol` compiles without the DOM's types.
declare const crypto: { getRandomValues(into: Uint8Array): Uint8Array };

/** Web Crypto's `getRandomValues` gives at most this many bytes at a time. */
const MAX_DRAW_BYTES = 65_536;

/** New random bytes from Web Crypto's generator, which every browser has. */
export function webRandomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let start = 0; start < length; start += MAX_DRAW_BYTES) {
    crypto.getRandomValues(bytes.subarray(start, start + MAX_DRAW_BYTES));
  }
  return bytes;
}
