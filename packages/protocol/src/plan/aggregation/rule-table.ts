// The table of the rules that combine the updates of a round: the one place that lists them.
import { TributaryError } from "../../errors.ts";
import { bulyan } from "./bulyan.ts";
import { krum } from "./krum.ts";
import { mean } from "./mean.ts";
import { median } from "./median.ts";
import { multiKrum } from "./multi-krum.ts";
import { normBound } from "./norm-bound.ts";
import type { RuleDefinition } from "./rule-definition.ts";
import { trimmedMean } from "./trimmed-mean.ts";

/** Every aggregation rule that a plan can name. */
export const AGGREGATION_RULES = [
  mean,
  normBound,
  median,
  trimmedMean,
  krum,
  multiKrum,
  bulyan,
] as const;

/**
 * The rule that combines the updates of a round, in a task and in the plan that clients see and
 * sign off. Only `mean` weights by examples. Under every other rule each report counts once: a
 * number of examples is the client's own claim, and with it one client could outweigh the rest.
 */
export type AggregationSpec = SpecOf<(typeof AGGREGATION_RULES)[number]>;

type SpecOf<Definition> = Definition extends RuleDefinition<infer Spec> ? Spec : never;

/** The names of all rules. */
export const aggregationRuleNames: readonly AggregationSpec["rule"][] = AGGREGATION_RULES.map(
  ({ name }) => name,
);

/**
 * The definition of the rule that a plan names.
 * @throws TributaryError `BAD_PARAMETER` when there is no rule of that name.
 */
export function ruleDefinition(spec: AggregationSpec): RuleDefinition<AggregationSpec> {
  const found = AGGREGATION_RULES.find(({ name }) => name === spec.rule);
  if (found !== undefined) return found;
  throw new TributaryError("BAD_PARAMETER", `There is no aggregation rule ${spec.rule}`, {
    remedy: `Use one of ${aggregationRuleNames.join(", ")}.`,
  });
}

/**
 * The fewest reports with which the rule keeps its promise. A round with fewer is abandoned.
 */
export function reportsNeeded(spec: AggregationSpec): number {
  return ruleDefinition(spec).reportsNeeded(spec);
}
