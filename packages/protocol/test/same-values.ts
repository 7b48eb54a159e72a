/** Whether two vectors have the same bits; `toEqual` takes seconds for a million values. */
export function sameValues(a: Float32Array, b: Float32Array): boolean {
  const bytes = (values: Float32Array): Buffer =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return bytes(a).equals(bytes(b));
}
