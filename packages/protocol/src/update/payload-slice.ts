import type { UpdateCodec } from "./update-codec.ts";

/**
 * The part of a payload that holds the values from `offset` on, itself a payload of `length` values. A codec's blocks do
 * not depend on each other, so that whoever needs some values of many updates decodes no others.
 * @param payload - Of at least offset + length values; not copied.
 * @param offset - A multiple of `UPDATE_BLOCK_VALUES`.
 * @param length - A multiple of it too, or up to the payload's end.
 */
export function payloadSlice(
  codec: UpdateCodec,
  payload: Uint8Array,
  offset: number,
  length: number,
): Uint8Array {
  return payload.subarray(codec.payloadBytes(offset), codec.payloadBytes(offset + length));
}
