// Codes 0, 1 and 2, five to a byte: c₀ + 3c₁ + 9c₂ + 27c₃ + 81c₄.

/** The bytes that `count` codes take. */
export function tritBytes(count: number): number {
  return Math.ceil(count / 5);
}

/**
 * Packs the first `count` codes.
 * @param packed - Its first `tritBytes(count)` bytes are set.
 */
export function packTrits(codes: Uint16Array, count: number, packed: Uint8Array): void {
  for (let i = 0, at = 0; i < count; i += 5, at++) {
    let byte = 0;
    for (let digit = Math.min(i + 5, count) - 1; digit >= i; digit--)
      byte = 3 * byte + codes[digit]!;
    packed[at] = byte;
  }
}

/**
 * Unpacks codes as values.
 * @param magnitude - The value of the code 2; the code 0 stands for −magnitude, and 1 for 0.
 * @param values - Its first `count` values are set.
 */
export function unpackTrits(
  packed: Uint8Array,
  count: number,
  magnitude: number,
  values: Float32Array,
): void {
  for (let i = 0, at = 0; i < count; i += 5, at++) {
    const end = Math.min(i + 5, count);
    for (let byte = packed[at]!, digit = i; digit < end; digit++) {
      const rest = (byte * 171) >> 9; // ⌊byte / 3⌋ up to 255
      values[digit] = (byte - 3 * rest - 1) * magnitude;
      byte = rest;
    }
  }
}
