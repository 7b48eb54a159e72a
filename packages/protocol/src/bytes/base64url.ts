// base64url, the form of base64 that needs no escaping in URLs and command lines (RFC 4648 §5).
// Written out here, because `protocol` uses neither Node's `Buffer` nor the DOM's `btoa`.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((digit, i) => [digit, i]));

/** Writes bytes as base64url without padding (RFC 4648 §5): one digit for each six bits. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    // Only the last 14 bits are needed: at most 6 that wait, and 8 new ones.
    bits = ((bits << 8) | byte) & 0x3fff;
    bitCount += 8;
    while (bitCount >= 6) {
      bitCount -= 6;
      text += ALPHABET[(bits >> bitCount) & 63];
    }
  }
  return bitCount === 0 ? text : text + ALPHABET[(bits << (6 - bitCount)) & 63];
}

/**
 * Reads base64url without padding. The reader is strict, so that each byte string has exactly one
 * text: the bits after the last whole byte must be zero, and a lone last digit is refused.
 * @returns The bytes, or `undefined` for any other text. It does not throw, because the text may be
 * a secret, and only the caller knows what an error may say about it.
 */
export function fromBase64Url(text: string): Uint8Array | undefined {
  const out = new Uint8Array(Math.floor((text.length * 6) / 8));
  let bits = 0;
  let bitCount = 0;
  let filled = 0;
  for (const digit of text) {
    const value = VALUES.get(digit);
    if (value === undefined) return undefined;
    bits = ((bits << 6) | value) & 0x3fff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      out[filled++] = (bits >> bitCount) & 255;
    }
  }
  // Six bits left over means that the last digit belongs to no byte at all.
  const leftOver = bits & ((1 << bitCount) - 1);
  return bitCount === 6 || leftOver !== 0 ? undefined : out;
}
