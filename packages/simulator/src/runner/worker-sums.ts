import {
  AccumulatorMemory,
  MAX_KERNEL_CONTRIBUTION,
  createSumRule,
  keepsSumsOnly,
  reportWeight,
  updateForm,
  type PartialSum,
  type SumRule,
  type UpdateForm,
  type WeightingTerms,
} from "@tributary/core";
import { rangesSize, type UpdateKernels } from "@tributary/protocol";
import type { VerifiedPlan } from "@tributary/client-sdk/simulation";

/**
 * Adds up the updates of the clients that one worker works for, so that they need not travel. The
 * sums are exact, so that it does not matter which worker has added which update.
 */
export class WorkerSums {
  readonly #form: UpdateForm;
  readonly #createRule: () => SumRule;
  readonly #weighting: WeightingTerms;
  /** It has its memory before the first update comes, which lies in memory that must not move. */
  #rule: SumRule;
  #added = 0;

  private constructor(form: UpdateForm, createRule: () => SumRule, weighting: WeightingTerms) {
    this.#form = form;
    this.#createRule = createRule;
    this.#rule = createRule();
    this.#weighting = weighting;
  }

  /**
   * Makes sums for the rounds of a plan.
   * @returns Undefined when the plan's rule needs every single update.
   */
  static of(
    { plan, parts }: VerifiedPlan,
    weighting: WeightingTerms,
    kernels: UpdateKernels,
  ): WorkerSums | undefined {
    const { update, aggregation, clipNorm } = plan;
    if (!keepsSumsOnly(aggregation)) return undefined;
    const memory = new AccumulatorMemory(kernels);
    const form = updateForm({ update, clipNorm, dimension: rangesSize(parts.updated) }, kernels);
    return new WorkerSums(form, () => createSumRule(aggregation, form, memory), weighting);
  }

  /**
   * Checks an encoded update and adds it, as the server does.
   * @param exampleCount - A whole number ≥ 1, as the client reports it.
   * @throws TributaryError `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE`; nothing has been added then.
   */
  add(update: Uint8Array, exampleCount: number): void {
    const { codec, dimension } = this.#form;
    const weight = reportWeight(this.#weighting, exampleCount);
    const { maxAbs } = codec.validate(update, dimension, MAX_KERNEL_CONTRIBUTION / weight);
    this.#rule.add(update, { exampleCount: weight, maxAbs });
    this.#added += 1;
  }

  /** Takes out what has been added since the last call; undefined if nothing has. */
  take(): PartialSum | undefined {
    if (this.#added === 0) return undefined;
    const partial = this.#rule.partial();
    this.#rule.discard();
    this.#rule = this.#createRule();
    this.#added = 0;
    return partial;
  }
}
