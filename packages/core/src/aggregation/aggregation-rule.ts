import type { TributaryError } from "@tributary/protocol";
import type { ExactParts } from "./exact-accumulator.ts";
import type { YieldTurn } from "./time-slice.ts";

/** One sum for each value of an update, weight units. */
export interface ExactSums {
  readonly dimension: number;
  /** Copies the sums from `offset` on; fills `target`, which must not reach past the last. */
  read(offset: number, target: Float64Array): void;
}

/** A round's updates as one: sums / weight, where each sum is exact and so does not depend on the order of its parts. */
export interface CombinedUpdate {
  readonly sums: ExactSums;
  /** What the sums are to be divided by; ≥ 1. */
  readonly weight: number;
}

/** An update that the codec has validated. */
export interface CheckedUpdate {
  /** Neither modified nor kept. */
  readonly payload: Uint8Array;
  readonly exampleCount: number;
  /** Bound on the values' magnitude, as `validate` gave it. */
  readonly maxAbs: number;
}

/**
 * Combines the updates of one round. Every rule here ends in a mean: over all updates, over some that it selects, or for
 * each value over some of the updates' values. What depends on a choice is chosen by what the updates say, never by when
 * they came: the same reports give the same bits in any order.
 *
 * `createAggregationRule` makes the one that a plan names.
 */
export interface AggregationRule {
  /** Values in one update. */
  readonly dimension: number;
  /**
   * Takes an update whole, or, with an error, not at all.
   * @param payload - A payload that the codec has validated; neither modified nor kept.
   * @param facts.maxAbs - Bound on the values' magnitude, as `validate` gave it.
   * @throws TributaryError `UPDATE_OUT_OF_RANGE`.
   */
  add(payload: Uint8Array, facts: { readonly exampleCount: number; readonly maxAbs: number }): void;
  /**
   * Takes several updates, each of them whole or not at all: cheaper than one after the other, and the same.
   * @returns For each update why it has not been added; `undefined` where it has.
   */
  addAll(updates: readonly CheckedUpdate[]): readonly (TributaryError | undefined)[];
  /**
   * What the updates come to.
   * @param yieldTurn - Called between slices of work, so that nothing else waits for more than a few
   *   milliseconds.
   * @throws TributaryError `INTERNAL` with fewer updates than the rule needs: such a round is not committed.
   */
  combine(yieldTurn: YieldTurn): Promise<CombinedUpdate>;
  /** Forgets the updates and gives their memory back; neither the rule nor what it has combined is to be used any more. */
  discard(): void;
}

/** A rule that keeps nothing but sums, so that a round's reports can be added up in several places. */
export interface SumRule extends AggregationRule {
  /** A copy of what has been added here. */
  partial(): PartialSum;
  /** Adds what has been added elsewhere, exactly. @throws TributaryError `PARTIAL_SUM_INVALID` when it is of another length. */
  merge(partial: PartialSum): void;
}

/** The sums over some of a round's reports. Partial sums over all of them, merged in any grouping, give the same bits. */
export interface PartialSum extends ExactParts {
  readonly reports: number;
  /** What the sums are to be divided by: the examples of the reports, or their number; ≥ reports. */
  readonly weight: number;
}
