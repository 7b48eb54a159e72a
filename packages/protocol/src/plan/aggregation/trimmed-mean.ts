import { byzantineParameter } from "./byzantine-parameter.ts";
import { needsPerByzantine, type RuleDefinition } from "./rule-definition.ts";

/** What a plan says to take the trimmed mean of each value. */
export interface TrimmedMeanSpec {
  readonly rule: "trimmedMean";
  /** f: how many members of a cohort may be hostile; ≥ 1. */
  readonly byzantine: number;
}

/** The trimmed mean of each value. @see arXiv:1803.01498, Definition 2: f/n ≤ β < 1/2 */
export const trimmedMean: RuleDefinition<TrimmedMeanSpec> = {
  name: "trimmedMean",
  meaning: "The mean of each value without the f smallest and the f largest.",
  parameters: { byzantine: byzantineParameter },
  ...needsPerByzantine(2, 1),
  looksAt: ["ranks"],
  source: "1803.01498",
};
