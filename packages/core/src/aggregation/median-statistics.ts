import type { StatisticsPool } from "./statistics-pool.ts";

/**
 * Statistics of which fewer than half may come from hostile clients. The mean of a channel is the
 * median m of the clients' means. Its variance is the median of σ²_k + (μ_k − m)², which is how the
 * examples of client k vary around m. So both are within what honest clients report. Each report
 * counts once. The statistics of all reports are held until the round has ended.
 * @see arXiv:1803.01498, Definition 1 (the coordinate-wise median)
 */
export class MedianStatistics implements StatisticsPool {
  readonly #channels: number;
  #held: Float32Array[] = [];

  constructor(channels: number) {
    this.#channels = channels;
  }

  add(statistics: Float32Array): void {
    this.#held.push(statistics.slice());
  }

  combine(): Float32Array {
    const medians = new Float32Array(2 * this.#channels);
    const column = new Float64Array(this.#held.length);
    for (let i = 0; i < this.#channels; i++) {
      this.#held.forEach((held, k) => (column[k] = held[i]!));
      const mean = medianOf(column);
      this.#held.forEach((held, k) => {
        column[k] = held[this.#channels + i]! + (held[i]! - mean) ** 2;
      });
      medians[i] = mean;
      medians[this.#channels + i] = medianOf(column);
    }
    column.fill(0);
    return medians;
  }

  discard(): void {
    for (const held of this.#held) held.fill(0);
    this.#held = [];
  }
}

/**
 * Returns the median: the mean of the two values in the middle where there are two.
 * @param values - Sorted in place.
 */
function medianOf(values: Float64Array): number {
  values.sort();
  const { length } = values;
  return (values[(length - 1) >> 1]! + values[length >> 1]!) / 2;
}
