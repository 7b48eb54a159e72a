import type { AccumulatorMemory } from "./accumulator-memory.ts";
import type { CombinedUpdate, SumRule } from "./aggregation-rule.ts";
import type { HeldUpdates } from "./held-updates.ts";
import type { TimeSlice } from "./time-slice.ts";
import type { UpdateForm } from "./update-form.ts";

/**
 * The implementation of a rule that adds each update to its sums and keeps nothing else of it.
 * @typeParam Spec - What a plan says to name the rule.
 */
export interface SumRuleImplementation<Spec> {
  /** True when an update counts once for each of its examples; false when it counts once. */
  readonly weightsByExamples: boolean;
  /**
   * Makes the rule for one round.
   * @param memory - Holds the sums; memory of its own if left out.
   */
  create(spec: Spec, form: UpdateForm, memory?: AccumulatorMemory): SumRule;
}

/**
 * The implementation of a rule that compares the updates of a round with each other. The updates
 * are therefore held until the round has ended.
 * @typeParam Spec - What a plan says to name the rule.
 */
export interface HeldRuleImplementation<Spec> {
  /**
   * Returns the bytes that `combine` takes for each update, besides one row of its values.
   * @param reports - Number of all updates.
   * @param rowBytes - Bytes of one row, which is one block of one update as float32.
   */
  bytesPerUpdate(reports: number, rowBytes: number): number;
  /**
   * Combines the updates into one.
   * @param held - At least as many updates as the rule needs, in the order of their hashes.
   * @param slice - Decides when other work gets its turn.
   */
  combine(spec: Spec, held: HeldUpdates, slice: TimeSlice): Promise<CombinedUpdate>;
}
