import type { CheckedUpdate } from "./aggregation-rule.ts";
import type { SumRuleImplementation } from "./rule-implementation.ts";
import { SummedMean, type Weighing } from "./summed-mean.ts";

/**
 * Σ n_k Δ_k / Σ n_k, the mean of federated averaging, where n_k is a report's number of examples.
 */
export class WeightedMean extends SummedMean {
  protected override weigh({ exampleCount }: CheckedUpdate): Weighing {
    return { factor: exampleCount, weight: exampleCount };
  }
}

/** The rule `mean`. */
export const weightedMean: SumRuleImplementation<{ readonly rule: "mean" }> = {
  weightsByExamples: true,
  create: (_, codec, dimension, memory) => new WeightedMean(codec, dimension, memory),
};
