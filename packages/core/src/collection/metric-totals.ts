import type { MetricValue } from "@tributary/protocol";

/** The largest magnitude of a metric. A larger loss only says that training has diverged. */
const METRIC_BOUND = 2 ** 16;

/**
 * Metrics are summed as multiples of 1 / METRIC_FRACTION. That is fine enough for small losses over
 * few examples, and coarse enough that n · (correct / n) is a whole number again.
 */
const METRIC_FRACTION = 2 ** 28;

/**
 * Exact sums of metrics over all examples of a round. The sums are of integers, so that the means
 * do not depend on the order in which reports arrive.
 */
export class MetricTotals {
  readonly #names: readonly string[];
  /** Σ n_k · metric_k for each name, in multiples of 1 / METRIC_FRACTION. */
  readonly #sums: bigint[];
  #reportCount = 0;
  #exampleCount = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#sums = names.map(() => 0n);
  }

  /** Number of reports that have been added. */
  get reportCount(): number {
    return this.#reportCount;
  }

  /** Σ n_k over the reports. */
  get exampleCount(): number {
    return this.#exampleCount;
  }

  /**
   * Adds the metrics of one report. Metrics inform and do not steer the model, so a value outside
   * the range of the sums is brought into it instead of costing the report.
   * @param exampleCount - n_k; a whole number ≥ 1.
   * @param metrics - Finite values; those of other names are ignored.
   */
  add(exampleCount: number, metrics: readonly MetricValue[]): void {
    this.#names.forEach((name, index) => {
      const value = metrics.find((metric) => metric.name === name)?.value ?? 0;
      const bounded = Math.max(-METRIC_BOUND, Math.min(METRIC_BOUND, value));
      this.#sums[index]! += BigInt(Math.round(exampleCount * bounded * METRIC_FRACTION));
    });
    this.#reportCount += 1;
    this.#exampleCount += exampleCount;
  }

  /** Means over all examples, by name; empty before the first report. */
  means(): Record<string, number> {
    const means: Record<string, number> = {};
    if (this.#exampleCount === 0) return means;
    this.#sums.forEach((sum, index) => {
      means[this.#names[index]!] = Number(sum) / METRIC_FRACTION / this.#exampleCount;
    });
    return means;
  }
}
