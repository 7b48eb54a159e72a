import { byzantineParameter } from "./byzantine-parameter.ts";
import { needsPerByzantine, type RuleDefinition } from "./rule-definition.ts";

/** What a plan says to choose one update by Krum. */
export interface KrumSpec {
  readonly rule: "krum";
  /** f: how many members of a cohort may be hostile; ≥ 1. */
  readonly byzantine: number;
}

/** Krum. @see arXiv:1703.02757 §4: 2f + 2 < n */
export const krum: RuleDefinition<KrumSpec> = {
  name: "krum",
  meaning:
    "The one update with the smallest sum of squared distances to the reports − f − 2 that are nearest to it.",
  parameters: { byzantine: byzantineParameter },
  ...needsPerByzantine(2, 3),
  looksAt: ["distances"],
  source: "1703.02757",
};
