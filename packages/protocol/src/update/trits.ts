// Codes 0, 1 and 2, five to a byte: c₀ + 3c₁ + 9c₂ + 27c₃ + 81c₄.

export function tritBytes(count: number): number {
  return Math.ceil(count / 5);
}

/** @param packed - Its first `tritBytes(count)` bytes are set. */
export function packTrits(codes: Uint16Array, count: number, packed: Uint8Array): void {
  for (let i = 0, at = 0; i < count; i += 5, at++) {
    let byte = 0;
    for (let digit = Math.min(i + 5, count) - 1; digit >= i; digit--)
      byte = 3 * byte + codes[digit]!;
    packed[at] = byte;
  }
}

/** @param values - Its first `count` are set to −magnitude, 0 or magnitude. */
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
