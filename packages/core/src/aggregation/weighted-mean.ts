import type { CheckedUpdate } from "./aggregation-rule.ts";
import type { SumRuleImplementation } from "./rule-implementation.ts";
import { SummedMean } from "./summed-mean.ts";

/**
 * The mean of federated averaging: Σ n_k Δ_k / Σ n_k, where n_k is the number of examples that a
 * report counts for.
 * @see arXiv:1602.05629, Algorithm 1
 */
export class WeightedMean extends SummedMean {
  protected override weigh({ exampleCount }: CheckedUpdate): number {
    return exampleCount;
  }
}

/** The rule `mean`, which weights each report by its number of examples. */
export const weightedMean: SumRuleImplementation<{ readonly rule: "mean" }> = {
  weightsByExamples: true,
  create: (_, form, memory) => new WeightedMean(form, memory),
};
