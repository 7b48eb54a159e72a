import { updateCodec, type UpdateSpec } from "@tributary/protocol";

/** So many values that what a payload has beside them does not count: scales, lengths, seeds. */
const VALUES = 2 ** 20;

/** In how many bits an update of this form carries each of its values, at most. */
export function bitsPerValue(update: UpdateSpec): number {
  const bits = (8 * updateCodec(update).payloadBytes(VALUES).max) / VALUES;
  return Math.round(100 * bits) / 100;
}
