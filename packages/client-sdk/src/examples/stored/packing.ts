// How the features of a block are written. Whatever is written is read again bit for bit.

/** `float32` fits all values; the others are a quarter as long, for what images mostly are. */
export type Packing = "float32" | "bytes" | "levels";

/** In the order of their numbers in a block. */
export const PACKINGS: readonly Packing[] = ["float32", "bytes", "levels"];

/** The values that each byte stands for: itself, or as many 255ths. */
const TABLES: Readonly<Record<Exclude<Packing, "float32">, Float32Array>> = {
  bytes: Float32Array.from({ length: 256 }, (_, byte) => byte),
  levels: Float32Array.from({ length: 256 }, (_, byte) => byte / 255),
};

/** The number of bytes of one value. */
export const bytesOf = (packing: Packing): number => (packing === "float32" ? 4 : 1);

/** The shortest packing that keeps every bit of the values. */
export function packingOf(values: Float32Array): Packing {
  if (holds(values, "bytes")) return "bytes";
  return holds(values, "levels") ? "levels" : "float32";
}

function holds(values: Float32Array, packing: "bytes" | "levels"): boolean {
  const table = TABLES[packing];
  const factor = packing === "bytes" ? 1 : 255;
  // Object.is tells −0 from 0, which a byte does not.
  return values.every((value) => Object.is(table[Math.round(value * factor)], value));
}

/**
 * Writes values.
 * @param into - Of `values.length * bytesOf(packing)` bytes; from an address that is a multiple of 4.
 */
export function pack(values: Float32Array, packing: Packing, into: Uint8Array<ArrayBuffer>): void {
  if (packing === "float32") {
    new Float32Array(into.buffer, into.byteOffset, values.length).set(values);
    return;
  }
  const factor = packing === "bytes" ? 1 : 255;
  for (let i = 0; i < values.length; i++) into[i] = Math.round(values[i]! * factor);
}

/**
 * Reads `into.length` values that begin at the byte `from`.
 * @param from - A multiple of 4 for `float32`.
 */
export function unpack(
  bytes: Uint8Array<ArrayBuffer>,
  from: number,
  packing: Packing,
  into: Float32Array,
): void {
  if (packing === "float32") {
    into.set(new Float32Array(bytes.buffer, bytes.byteOffset + from, into.length));
    return;
  }
  const table = TABLES[packing];
  for (let i = 0; i < into.length; i++) into[i] = table[bytes[from + i]!]!;
}
