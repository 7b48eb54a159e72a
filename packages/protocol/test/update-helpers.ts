import fc from "fast-check";
import type { UpdateCodec } from "../src/update/update-codec.ts";

/** Decodes into one vector, checking that the blocks come in order and without gaps. */
export function decodeAll(
  codec: UpdateCodec,
  payload: Uint8Array,
  dimension: number,
): Float32Array {
  const values = new Float32Array(dimension);
  let expected = 0;
  codec.decode(payload, dimension, (block, offset) => {
    if (offset !== expected) throw new Error(`a block came at ${offset}, not ${expected}`);
    values.set(block, offset);
    expected += block.length;
  });
  if (expected !== dimension) throw new Error(`${expected} of ${dimension} values came`);
  return values;
}

/** The same bytes at another alignment. */
export function shiftedCopy(bytes: Uint8Array, shift: number): Uint8Array {
  const buffer = new Uint8Array(bytes.length + shift);
  buffer.set(bytes, shift);
  return buffer.subarray(shift);
}

/** Updates of all magnitudes that a codec takes: a length up to several blocks, and a scale for each. */
export function updates({ maxLength }: { readonly maxLength: number }): fc.Arbitrary<Float32Array> {
  const value = fc.float({ noNaN: true, min: -(2 ** 19), max: 2 ** 19 });
  const short = fc.array(value, { maxLength: 40 }).map((values) => Float32Array.from(values));
  const long = fc
    .tuple(fc.integer({ min: 0, max: maxLength }), fc.integer({ min: -140, max: 18 }), fc.nat())
    .map(([length, exponent, seed]) =>
      Float32Array.from({ length }, (_, i) => Math.sin(seed + i * i) * 2 ** exponent),
    );
  return fc.oneof(short, long);
}
