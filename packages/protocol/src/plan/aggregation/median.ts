import { needsReports, type RuleDefinition } from "./rule-definition.ts";

/** What a plan says to take the median of each value. */
export interface MedianSpec {
  readonly rule: "median";
}

/**
 * The median of each value. It needs three reports: of two, either one would decide.
 * @see arXiv:1803.01498, Definition 1
 */
export const median: RuleDefinition<MedianSpec> = {
  name: "median",
  meaning: "The median of each value, which withstands any minority.",
  parameters: {},
  ...needsReports(3),
  looksAt: ["ranks"],
  source: "1803.01498",
};
