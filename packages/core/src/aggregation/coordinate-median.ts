import type { HeldRuleImplementation } from "./rule-implementation.ts";
import { trimColumns } from "./trimmed-mean.ts";

/**
 * The rule `median`: for each value the median over the updates. For an even number of updates it
 * is the mean of the two middle values. The median is within the range of the honest values as long
 * as more than half of the updates are honest. Example counts are ignored.
 * @see arXiv:1803.01498, Definition 1
 */
export const coordinateMedian: HeldRuleImplementation<object> = {
  bytesPerUpdate: () => 0,
  // A median is a trimmed mean that leaves one value, or two, in the middle.
  combine: (_, held, slice) => trimColumns(held, Math.ceil(held.count / 2) - 1, slice),
};
