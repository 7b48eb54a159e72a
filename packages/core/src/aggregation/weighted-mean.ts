import type { CheckedUpdate } from "./aggregation-rule.ts";
import type { SumRuleImplementation } from "./rule-implementation.ts";
import { SummedMean, type Weighing } from "./summed-mean.ts";

/**
 * The mean of federated averaging: Σ n_k Δ_k / Σ n_k, where n_k is a report's number of examples.
 * @see arXiv:1602.05629, Algorithm 1
 */
export class WeightedMean extends SummedMean {
  protected override weigh({ exampleCount }: CheckedUpdate): Weighing {
    return { factor: exampleCount, weight: exampleCount };
  }
}

/** The rule `mean`, which weights each report by its number of examples. */
export const weightedMean: SumRuleImplementation<{ readonly rule: "mean" }> = {
  weightsByExamples: true,
  create: (_, codec, dimension, memory) => new WeightedMean(codec, dimension, memory),
};
