import { bytesPerScoredUpdate } from "./krum-scores.ts";
import { meanOfBest } from "./multi-krum.ts";
import type { HeldRuleImplementation } from "./rule-implementation.ts";

/**
 * The rule `krum`: it takes the one update with the smallest score, as `multiKrum` defines it, and
 * ignores all others. Example counts are ignored.
 * @see arXiv:1703.02757, §4 (Krum)
 */
export const krum: HeldRuleImplementation<{ readonly byzantine: number }> = {
  bytesPerUpdate: bytesPerScoredUpdate,
  combine: ({ byzantine }, held, slice) => meanOfBest(held, byzantine, 1, slice),
};
