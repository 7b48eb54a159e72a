import type { AggregationSpec } from "../src/plan/aggregation-rule.ts";

/** One specification of each aggregation rule, in the order of the rules. */
export const AGGREGATION_SPECS: readonly AggregationSpec[] = [
  { rule: "mean" },
  { rule: "normBound", maximumNorm: 1 },
  { rule: "median" },
  { rule: "trimmedMean", byzantine: 1 },
  { rule: "krum", byzantine: 1 },
  { rule: "multiKrum", byzantine: 1 },
  { rule: "bulyan", byzantine: 1 },
];
