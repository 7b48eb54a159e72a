// Float32 values as bytes and back. Every number on the wire and on disk is little-endian. Nearly
// every host is little-endian too, so that values and bytes can share memory; the others copy.

const HOST_IS_LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The little-endian bytes of float32 values.
 * @param values - Not modified.
 * @returns Shape [4 · length]: a view of `values` on a little-endian host, and a copy on others.
 */
export function float32Bytes(values: Float32Array): Uint8Array {
  if (HOST_IS_LITTLE_ENDIAN) {
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setFloat32(4 * index, value, true));
  return bytes;
}

/**
 * Whether `float32Values` returns a view of `bytes`. A Float32Array can only begin at a multiple of
 * 4.
 */
export function sharesMemory(bytes: Uint8Array): boolean {
  return HOST_IS_LITTLE_ENDIAN && bytes.byteOffset % 4 === 0;
}

/**
 * Reads little-endian float32 values. They are not checked.
 * @param bytes - Not modified. Bytes after the last whole value are ignored.
 * @returns Float32, shape [⌊length / 4⌋]: a view of `bytes` where alignment and host allow, else a
 * copy.
 */
export function float32Values(bytes: Uint8Array): Float32Array {
  const length = Math.floor(bytes.length / 4);
  if (sharesMemory(bytes)) return new Float32Array(bytes.buffer, bytes.byteOffset, length);
  const values = new Float32Array(length);
  copyFloat32(bytes, values);
  return values;
}

/**
 * Copies little-endian float32 values out of bytes of any alignment.
 * @param bytes - At least 4 · target.length bytes; not modified.
 * @param target - Overwritten.
 */
export function copyFloat32(bytes: Uint8Array, target: Float32Array): void {
  if (HOST_IS_LITTLE_ENDIAN) {
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(
      bytes.subarray(0, target.byteLength),
    );
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, target.byteLength);
  for (let i = 0; i < target.length; i++) target[i] = view.getFloat32(4 * i, true);
}

/**
 * Finds the first value that is NaN or infinite. It is fast when there is none, which is nearly
 * always: x − x is 0 for every finite x and NaN for others, so that one sum over all values shows
 * whether to search.
 * @returns Its index, or −1 when all values are finite.
 */
export function firstNonFinite(values: Float32Array): number {
  const { length } = values;
  const whole = length - (length % 4);
  // An addition waits for the one before it. So there are four sums, which do not wait for each other.
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += values[i]! - values[i]!;
    b += values[i + 1]! - values[i + 1]!;
    c += values[i + 2]! - values[i + 2]!;
    d += values[i + 3]! - values[i + 3]!;
  }
  for (let i = whole; i < length; i++) a += values[i]! - values[i]!;
  return a + b + c + d === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
}

/**
 * The largest magnitude of some values.
 * @returns NaN or infinity when one of them is not finite; 0 when there are none.
 */
export function largestMagnitude(values: Float32Array): number {
  const { length } = values;
  const whole = length - (length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a = Math.max(a, Math.abs(values[i]!));
    b = Math.max(b, Math.abs(values[i + 1]!));
    c = Math.max(c, Math.abs(values[i + 2]!));
    d = Math.max(d, Math.abs(values[i + 3]!));
  }
  for (let i = whole; i < length; i++) a = Math.max(a, Math.abs(values[i]!));
  return Math.max(a, b, c, d);
}
