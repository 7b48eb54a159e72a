// k-bit codes in a row, least significant bit first: code i takes bits i·k to i·k + k − 1 of the byte string read as
// one little-endian number. Bits after the last code are zero.

/** Bytes that `count` codes of `bits` bits take. */
export function packedBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

/**
 * @param codes - Integers in [0, 2^bits).
 * @param bits - 1 to 16.
 * @param target - At least packedBytes(codes.length, bits) bytes; overwritten from its start.
 */
export function packCodes(codes: Uint16Array, bits: number, target: Uint8Array): void {
  if (bits === 8) {
    target.set(codes);
    return;
  }
  let pending = 0;
  let pendingBits = 0;
  let position = 0;
  for (let i = 0; i < codes.length; i++) {
    pending |= codes[i]! << pendingBits;
    pendingBits += bits;
    while (pendingBits >= 8) {
      target[position++] = pending & 0xff;
      pending >>>= 8;
      pendingBits -= 8;
    }
  }
  if (pendingBits > 0) target[position] = pending;
}

/**
 * Undoes `packCodes`.
 * @param packed - At least packedBytes(codes.length, bits) bytes.
 * @param codes - Overwritten.
 */
export function unpackCodes(packed: Uint8Array, bits: number, codes: Uint16Array): void {
  if (bits === 8) {
    codes.set(packed.subarray(0, codes.length));
    return;
  }
  const mask = 2 ** bits - 1;
  let pending = 0;
  let pendingBits = 0;
  let position = 0;
  for (let i = 0; i < codes.length; i++) {
    while (pendingBits < bits) {
      pending |= packed[position++]! << pendingBits;
      pendingBits += 8;
    }
    codes[i] = pending & mask;
    pending >>>= bits;
    pendingBits -= bits;
  }
}
