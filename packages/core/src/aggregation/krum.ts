import { bytesPerScoredUpdate } from "./krum-scores.ts";
import { meanOfBest } from "./multi-krum.ts";
import type { HeldRuleImplementation } from "./rule-implementation.ts";

/**
 * The rule `krum`: the one update with the smallest score of `multiKrum`. Example counts are
 * ignored.
 * @see arXiv:1703.02757, §4 (Krum)
 */
export const krum: HeldRuleImplementation<{ readonly byzantine: number }> = {
  bytesPerUpdate: bytesPerScoredUpdate,
  combine: ({ byzantine }, held, slice) => meanOfBest(held, byzantine, 1, slice),
};
