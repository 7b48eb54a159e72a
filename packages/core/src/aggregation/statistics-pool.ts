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
