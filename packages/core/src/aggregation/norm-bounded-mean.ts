import type { SumRuleImplementation } from "./rule-implementation.ts";
import { SummedMean } from "./summed-mean.ts";

/**
 * Norm bounding: (1/n) Σ Δ_k · min(1, M/‖Δ_k‖₂). Whatever a report holds, it moves the mean by at
 * most M/n. Each report counts once, since a client could otherwise get around the bound by
 * claiming many examples.
 * @see arXiv:1911.07963, §5 (norm thresholding of updates)
 */
class NormBoundedMean extends SummedMean {
  protected override weigh(): number {
    return 1;
  }
}

/** The rule `normBound`, whose M is `maximumNorm`. */
export const normBoundedMean: SumRuleImplementation<{
  readonly rule: "normBound";
  readonly maximumNorm: number;
}> = {
  weightsByExamples: false,
  create: ({ maximumNorm }, form, memory) =>
    new NormBoundedMean({ ...form, mostNorm: Math.min(form.mostNorm, maximumNorm) }, memory),
};
