import type { UpdateCodec } from "@tributary/protocol";
import type { AccumulatorMemory } from "./accumulator-memory.ts";
import type { CheckedUpdate } from "./aggregation-rule.ts";
import type { SumRuleImplementation } from "./rule-implementation.ts";
import { SummedMean, type Weighing } from "./summed-mean.ts";

/**
 * Norm bounding: (1/n) Σ Δ_k · min(1, M/‖Δ_k‖₂). Whatever a report holds, it moves the mean by at
 * most M/n. Each report counts once, since a client could otherwise get around the bound by
 * claiming many examples.
 * @see arXiv:1911.07963, §5 (norm thresholding of updates)
 */
class NormBoundedMean extends SummedMean {
  readonly #maximumNorm: number;

  /** @param maximumNorm - M, the largest L2 norm with which a report counts; > 0. */
  constructor(
    codec: UpdateCodec,
    dimension: number,
    maximumNorm: number,
    memory?: AccumulatorMemory,
  ) {
    super(codec, dimension, memory);
    this.#maximumNorm = maximumNorm;
  }

  protected override weigh({ payload }: CheckedUpdate): Weighing {
    let squares = 0;
    this.codec.decode(payload, this.dimension, (block) => {
      for (let i = 0; i < block.length; i++) squares += block[i]! * block[i]!;
    });
    const norm = Math.sqrt(squares);
    return { factor: norm > this.#maximumNorm ? this.#maximumNorm / norm : 1, weight: 1 };
  }
}

/** The rule `normBound`. */
export const normBoundedMean: SumRuleImplementation<{
  readonly rule: "normBound";
  readonly maximumNorm: number;
}> = {
  weightsByExamples: false,
  create: ({ maximumNorm }, codec, dimension, memory) =>
    new NormBoundedMean(codec, dimension, maximumNorm, memory),
};
