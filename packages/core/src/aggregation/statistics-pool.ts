import type { AggregationSpec } from "@tributary/protocol";
import { MedianStatistics } from "./median-statistics.ts";
import { PooledStatistics } from "./pooled-statistics.ts";

/**
 * Combines the moving statistics of a round's reports. All of them have the same channels, and are
 * means first, then variances: float32, shape [2 · channels], as `checkStatistics` has accepted
 * them. The result does not depend on the order of the reports.
 */
export interface StatisticsPool {
  /**
   * Takes the statistics of a report.
   * @param statistics - Neither modified nor kept.
   * @param weight - How many examples the report counts for; a whole number ≥ 1.
   */
  add(statistics: Float32Array, weight: number): void;
  /** Returns the statistics of the round, in new memory. There must have been a report. */
  combine(): Float32Array;
  /** Forgets everything. Idempotent. */
  discard(): void;
}

/**
 * Opens the pool of one round. The rule `mean` trusts its clients, and pools. All other rules are
 * there for clients that are not to be trusted, and their statistics are medians.
 * @param channels - Number of means.
 */
export function openStatistics({ rule }: AggregationSpec, channels: number): StatisticsPool {
  return rule === "mean" ? new PooledStatistics(channels) : new MedianStatistics(channels);
}

/** The bytes that a pool holds for each report. @param channels - Number of means. */
export function heldStatisticsBytes({ rule }: AggregationSpec, channels: number): number {
  return rule === "mean" ? 0 : 8 * channels;
}
