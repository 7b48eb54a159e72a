import { needsReports, type RuleDefinition } from "./rule-definition.ts";

/** What a plan says to average updates. */
export interface MeanSpec {
  readonly rule: "mean";
}

/** The mean, weighted by examples. @see arXiv:1602.05629 (federated averaging) */
export const mean: RuleDefinition<MeanSpec> = {
  name: "mean",
  meaning: "The mean, weighted by the number of examples.",
  parameters: {},
  ...needsReports(1),
  looksAt: [],
  source: "1602.05629",
};
