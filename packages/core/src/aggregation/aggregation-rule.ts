import type { TributaryError } from "@tributary/protocol";
import type { ExactParts, ExactSums } from "./exact-sums.ts";
import type { YieldTurn } from "./time-slice.ts";

/**
 * The updates of a round combined to one: sums / weight. Each sum is exact, so that it does not
 * depend on the order of the additions.
 */
export interface CombinedUpdate {
  readonly sums: ExactSums;
  /** The divisor of the sums; ≥ 1. */
  readonly weight: number;
}

/** An update that the codec has validated. */
export interface CheckedUpdate {
  /** Neither modified nor kept. */
  readonly payload: Uint8Array;
  readonly exampleCount: number;
  /** A bound on the magnitude of the values, as the codec's `validate` gave it. */
  readonly maxAbs: number;
}

/**
 * Combines the updates of one round. Every rule ends in a mean: over all updates, over some that it
 * selects, or for each value over the values of some updates. A rule selects by the content of the
 * updates and never by the order in which they came. So the same reports give the same bits in any
 * order.
 *
 * `createAggregationRule` makes the rule that a plan names.
 */
export interface AggregationRule {
  /** Values in one update. */
  readonly dimension: number;
  /**
   * Takes an update as a whole. If it throws, it has taken nothing of the update.
   * @param payload - A payload that the codec has validated; neither modified nor kept.
   * @param facts.maxAbs - A bound on the magnitude of the values, as the codec's `validate` gave
   *   it.
   * @throws TributaryError `UPDATE_OUT_OF_RANGE`.
   */
  add(payload: Uint8Array, facts: { readonly exampleCount: number; readonly maxAbs: number }): void;
  /**
   * Takes several updates, each as a whole or not at all. The result is the same as one after the
   * other, at a lower cost.
   * @returns For each update the reason why it has not been added, or undefined if it has.
   */
  addAll(updates: readonly CheckedUpdate[]): readonly (TributaryError | undefined)[];
  /**
   * Combines the updates to one.
   * @param yieldTurn - Called between slices of work, so that nothing else waits for more than a
   *   few milliseconds.
   * @throws TributaryError `INTERNAL` with fewer updates than the rule needs: such a round is not
   *   committed.
   */
  combine(yieldTurn: YieldTurn): Promise<CombinedUpdate>;
  /**
   * Forgets the updates and gives their memory back. Neither the rule nor what it has combined may
   * be used after that.
   */
  discard(): void;
}

/**
 * A rule that keeps nothing but sums, so that the reports of a round can be added in several
 * places.
 */
export interface SumRule extends AggregationRule {
  /** A copy of the sums of what has been added here. */
  partial(): PartialSum;
  /**
   * Adds the sums of what has been added elsewhere, exactly.
   * @throws TributaryError `PARTIAL_SUM_INVALID` when they are of another length.
   */
  merge(partial: PartialSum): void;
}

/**
 * The sums over some of a round's reports. Partial sums that together have all reports give the
 * same bits, however the reports are divided and in whatever order the sums are merged.
 */
export interface PartialSum extends ExactParts {
  /** How many reports they are of. */
  readonly reports: number;
  /** The divisor of the sums: the number of the reports' examples or of the reports; ≥ reports. */
  readonly weight: number;
}
