import { positiveNumbers } from "../../schema/parameter.ts";
import { needsReports, type RuleDefinition } from "./rule-definition.ts";

/** What a plan says to average updates whose norm is bounded. */
export interface NormBoundSpec {
  readonly rule: "normBound";
  /** L2 bound, weight units; > 0. A longer update is scaled down to it. */
  readonly maximumNorm: number;
}

/** The mean of updates that are scaled down to a norm. @see arXiv:1911.07963 §5 */
export const normBound: RuleDefinition<NormBoundSpec> = {
  name: "normBound",
  meaning:
    "The mean of updates that are scaled down to `maximumNorm`: one client moves it by `maximumNorm / reports` at most.",
  parameters: {
    maximumNorm: {
      values: positiveNumbers(1e9),
      meaning: "Longest update that counts as it is, as an L2 norm in weight units.",
    },
  },
  ...needsReports(1),
  looksAt: ["norms"],
  source: "1911.07963",
};
