/** The bytes that `count` codes of `bits` bits take, when the last byte is filled with zeros. */
export function packedBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}
