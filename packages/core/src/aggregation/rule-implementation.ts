import type { UpdateCodec } from "@tributary/protocol";
import type { AccumulatorMemory } from "./accumulator-memory.ts";
import type { CombinedUpdate, SumRule } from "./aggregation-rule.ts";
import type { HeldUpdates } from "./held-updates.ts";
import type { TimeSlice } from "./time-slice.ts";

/**
 * How a rule works that adds each update to its sums and forgets it.
 * @typeParam Spec - What a plan says to name the rule.
 */
export interface SumRuleImplementation<Spec> {
  /** Whether an update counts once for each of its examples, and not once for its report. */
  readonly weightsByExamples: boolean;
  /** Makes the rule for one round. @param memory - Where sums are kept; its own if left out. */
  create(spec: Spec, codec: UpdateCodec, dimension: number, memory?: AccumulatorMemory): SumRule;
}

/**
 * How a rule works that compares updates, and so holds all updates of a round until it has ended.
 * @typeParam Spec - What a plan says to name the rule.
 */
export interface HeldRuleImplementation<Spec> {
  /**
   * Bytes that `combine` takes for each update besides one row of its values.
   * @param reports - Updates in all.
   * @param rowBytes - Bytes of one row: one block of one update as float32.
   */
  bytesPerUpdate(reports: number, rowBytes: number): number;
  /**
   * What the updates come to.
   * @param held - As many updates as the rule needs, or more, in the order of their hashes.
   */
  combine(spec: Spec, held: HeldUpdates, slice: TimeSlice): Promise<CombinedUpdate>;
}
