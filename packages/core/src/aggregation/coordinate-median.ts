import type { HeldRuleImplementation } from "./rule-implementation.ts";
import { trimColumns } from "./trimmed-mean.ts";

/**
 * The rule `median`: the median of each value; of an even number of values the mean of the two in
 * the middle. It is within the range of the honest values as long as they are more than half.
 * Example counts are ignored.
 * @see arXiv:1803.01498, Definition 1
 */
export const coordinateMedian: HeldRuleImplementation<object> = {
  bytesPerUpdate: () => 0,
  combine: (_, held, slice) => trimColumns(held, Math.ceil(held.count / 2) - 1, slice),
};
