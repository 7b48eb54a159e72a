import { malformed, notFinite } from "./update-codec.ts";

/**
 * Reads the float32 that a block begins with, of a codec where it is never negative.
 * @param offset - The index of the block's first value, for the error.
 * @throws TributaryError `UPDATE_NOT_FINITE` or `UPDATE_MALFORMED`.
 */
export function readScale(header: DataView, offset: number): number {
  const scale = header.getFloat32(0, true);
  if (!Number.isFinite(scale)) throw notFinite(offset, scale);
  if (scale < 0 || Object.is(scale, -0)) {
    throw malformed(`The scale of the update's block at value ${offset} is negative`, offset);
  }
  return scale;
}
