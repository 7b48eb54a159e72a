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
  readonly #memory: AccumulatorMemory;
  readonly #form: UpdateForm;
  readonly #createRule: () => SumRule;
  readonly #weighting: WeightingTerms;
  /** Undefined until the first update is added. */
  #rule: SumRule | undefined;

  private constructor(
    memory: AccumulatorMemory,
    form: UpdateForm,
    createRule: () => SumRule,
    weighting: WeightingTerms,
  ) {
    this.#memory = memory;
    this.#form = form;
    this.#createRule = createRule;
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
    return new WorkerSums(memory, form, () => createSumRule(aggregation, form, memory), weighting);
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
    this.#rule ??= this.#createRule();
    this.#rule.add(update, { exampleCount: weight, maxAbs });
  }

  /** Takes out what has been added since the last call; undefined if nothing has. */
  take(): PartialSum | undefined {
    const rule = this.#rule;
    if (rule === undefined) return undefined;
    const partial = rule.partial();
    rule.discard();
    this.#rule = undefined;
    return partial;
  }
}
