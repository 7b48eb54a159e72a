// The table of all aggregation rules. The compiler compares it with the rules that a plan can name:
// it reports a rule that is missing here, and a rule here that no plan can name.
import type { AggregationSpec } from "@tributary/protocol";
import { bulyan } from "./bulyan.ts";
import { coordinateMedian } from "./coordinate-median.ts";
import { krum } from "./krum.ts";
import { multiKrum } from "./multi-krum.ts";
import { normBoundedMean } from "./norm-bounded-mean.ts";
import type { HeldRuleImplementation, SumRuleImplementation } from "./rule-implementation.ts";
import { trimmedMean } from "./trimmed-mean.ts";
import { weightedMean } from "./weighted-mean.ts";

/** The part of a plan that names a rule which keeps only sums. */
export type SumSpec = Extract<AggregationSpec, { readonly rule: "mean" | "normBound" }>;

/** The part of a plan that names a rule which holds all updates of a round. */
export type HeldSpec = Exclude<AggregationSpec, SumSpec>;

const SUM_RULES: {
  readonly [Rule in SumSpec["rule"]]: SumRuleImplementation<
    Extract<SumSpec, { readonly rule: Rule }>
  >;
} = {
  mean: weightedMean,
  normBound: normBoundedMean,
};

const HELD_RULES: {
  readonly [Rule in HeldSpec["rule"]]: HeldRuleImplementation<
    Extract<HeldSpec, { readonly rule: Rule }>
  >;
} = {
  median: coordinateMedian,
  trimmedMean,
  krum,
  multiKrum,
  bulyan,
};

/** The names of the rules that keep only sums, for error texts. */
export const sumRuleNames: readonly string[] = Object.keys(SUM_RULES);

/** Whether the rule keeps only sums. */
export function keepsSumsOnly(spec: AggregationSpec): spec is SumSpec {
  return Object.hasOwn(SUM_RULES, spec.rule);
}

/** Returns the implementation of a rule that keeps only sums. */
export function sumRule(spec: SumSpec): SumRuleImplementation<SumSpec> {
  return SUM_RULES[spec.rule];
}

/** Returns the implementation of a rule that holds all updates. */
export function heldRule(spec: HeldSpec): HeldRuleImplementation<HeldSpec> {
  return HELD_RULES[spec.rule];
}
