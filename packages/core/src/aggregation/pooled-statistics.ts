import { ExactTotal } from "./exact-total.ts";
import type { StatisticsPool } from "./statistics-pool.ts";

/**
 * The statistics of all clients' examples together. With n_k examples, the mean μ_k and the
 * variance σ²_k of client k, and N = Σ n_k, the pooled mean is μ = Σ n_k μ_k / N, and the pooled
 * variance Σ n_k (σ²_k + μ_k²) / N − μ². Nothing of a single report is kept.
 * @see https://doi.org/10.1080/00031305.1983.10483115 (Chan, Golub and LeVeque)
 */
export class PooledStatistics implements StatisticsPool {
  readonly #channels: number;
  /** For each channel Σ n_k μ_k, then for each channel Σ n_k (σ²_k + μ_k²). */
  readonly #totals: readonly ExactTotal[];
  #examples = 0;

  constructor(channels: number) {
    this.#channels = channels;
    this.#totals = Array.from({ length: 2 * channels }, () => new ExactTotal());
  }

  add(statistics: Float32Array, weight: number): void {
    for (let i = 0; i < this.#channels; i++) {
      const mean = statistics[i]!;
      const variance = statistics[this.#channels + i]!;
      this.#totals[i]!.add(weight * mean);
      this.#totals[this.#channels + i]!.add(weight * (variance + mean * mean));
    }
    this.#examples += weight;
  }

  combine(): Float32Array {
    const pooled = new Float32Array(2 * this.#channels);
    for (let i = 0; i < this.#channels; i++) {
      const mean = this.#totals[i]!.value / this.#examples;
      const square = this.#totals[this.#channels + i]!.value / this.#examples;
      pooled[i] = mean;
      pooled[this.#channels + i] = Math.max(0, square - mean * mean);
    }
    return pooled;
  }

  discard(): void {
    for (const total of this.#totals) total.clear();
  }
}
