import type { TributaryError } from "@tributary/protocol";
import type { ExactParts, ExactSums } from "./exact-sums.ts";
import type { YieldTurn } from "./time-slice.ts";

/**
 * The one update into which the updates of a round are combined. It is `sums` divided by `weight`.
 * The sums are exact, so that they do not depend on the order of the additions.
 */
export interface CombinedUpdate {
  readonly sums: ExactSums;
  /** The divisor of the sums; ≥ 1. */
  readonly weight: number;
}

/** An update that the codec has validated. */
export interface CheckedUpdate {
  /** The encoded update; neither modified nor kept. */
  readonly payload: Uint8Array;
  /** How many examples the update counts for; a whole number ≥ 1. */
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
   * Takes an update. If it throws, the rule is as it was before.
   * @param payload - A payload that the codec has validated; neither modified nor kept.
   * @param facts.maxAbs - A bound on the magnitude of the values, as the codec's `validate` gave
   *   it.
   * @throws TributaryError `UPDATE_OUT_OF_RANGE` when the values are too large to be added exactly.
   */
  add(payload: Uint8Array, facts: { readonly exampleCount: number; readonly maxAbs: number }): void;
  /**
   * Takes several updates. The result is the same as when they are added one after the other, and
   * it costs less.
   * @returns For each update, undefined if it has been added, or the reason why it has not. An
   *   update that has not been added has changed nothing.
   */
  addAll(updates: readonly CheckedUpdate[]): readonly (TributaryError | undefined)[];
  /**
   * Combines the updates into one.
   * @param yieldTurn - Called between slices of work, so that nothing else waits for more than a
   *   few milliseconds.
   * @throws TributaryError `INTERNAL` when there are fewer updates than the rule needs. A round
   *   never commits with so few, so that this is a fault of the program.
   */
  combine(yieldTurn: YieldTurn): Promise<CombinedUpdate>;
  /**
   * Forgets the updates and gives their memory back. Neither the rule nor what it has combined may
   * be used after that.
   */
  discard(): void;
}

/**
 * A rule that keeps only sums, and nothing of a single update. The reports of a round can therefore
 * be added in several threads or processes whose sums are merged afterwards.
 */
export interface SumRule extends AggregationRule {
  /** Returns a copy of the sums over the updates that were added to this rule. */
  partial(): PartialSum;
  /**
   * Adds the sums over updates that were added elsewhere. The addition is exact.
   * @throws TributaryError `PARTIAL_SUM_INVALID` when the sums are of another length.
   */
  merge(partial: PartialSum): void;
}

/**
 * The sums over some of a round's reports. When all partial sums of a round are merged, the result
 * has the same bits, whichever way the reports were divided and in whatever order the sums are
 * merged.
 */
export interface PartialSum extends ExactParts {
  /** Number of reports that the sums are over. */
  readonly reports: number;
  /**
   * What the sums are to be divided by: the number of the reports' examples, or the number of
   * reports, as the rule weights them; ≥ `reports`.
   */
  readonly weight: number;
}
