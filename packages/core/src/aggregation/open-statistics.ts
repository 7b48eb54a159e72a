import type { AggregationSpec } from "@tributary/protocol";
import { MedianStatistics } from "./median-statistics.ts";
import { PooledStatistics } from "./pooled-statistics.ts";
import type { StatisticsPool } from "./statistics-pool.ts";

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
