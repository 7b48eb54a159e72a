import { indexFault } from "../../example-format.ts";
import type { IndexRange } from "./layer-node.ts";

/**
 * Says what is wrong with the features of an example that must be indices, before they are used as
 * addresses.
 * @param from, to - Where the features of the example lie.
 * @returns A clause; undefined when nothing is wrong.
 */
export function indexRangesFault(
  ranges: readonly IndexRange[],
  features: Float32Array,
  from: number,
  to: number,
): string | undefined {
  for (const { offset, size, entries } of ranges) {
    const start = from + offset;
    const fault = indexFault(features, start, Math.min(start + size, to), entries);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
