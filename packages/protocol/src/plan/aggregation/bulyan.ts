import { byzantineParameter } from "./byzantine-parameter.ts";
import { needsPerByzantine, type RuleDefinition } from "./rule-definition.ts";

/** What a plan says to combine updates by Bulyan. */
export interface BulyanSpec {
  readonly rule: "bulyan";
  /** f: how many members of a cohort may be hostile; ≥ 1. */
  readonly byzantine: number;
}

/** Bulyan over Krum. @see arXiv:1802.07927 §4: n ≥ 4f + 3 */
export const bulyan: RuleDefinition<BulyanSpec> = {
  name: "bulyan",
  meaning:
    "Krum chooses reports − 2f updates one after the other. Of these, for each value, the mean of the reports − 4f that are nearest to the median.",
  parameters: { byzantine: byzantineParameter },
  ...needsPerByzantine(4, 3),
  looksAt: ["ranks", "distances"],
  source: "1802.07927",
};
