import { AGGREGATION_RULES, type AggregationSpec } from "../src/plan/aggregation/rule-table.ts";
import { smallestSpecsOf } from "./variant-specs.ts";

/** One of each rule, in their order, with the smallest parameters. */
export const AGGREGATION_SPECS: readonly AggregationSpec[] = smallestSpecsOf<
  AggregationSpec,
  "rule"
>("rule", AGGREGATION_RULES);
