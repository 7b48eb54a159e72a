import type { MetricValue, UpdateCodec } from "@tributary/protocol";
import { ExactAccumulator } from "./exact-accumulator.ts";

/** One report that is complete and of the right form. */
export interface Report {
  readonly exampleCount: number;
  /** The encoded update; not modified and not kept. */
  readonly payload: Uint8Array;
  /** One finite value for each of the aggregate's metric names. */
  readonly metrics: readonly MetricValue[];
}

/** What a round has added up so far: sums only, nothing of a single report. */
export class RoundAggregate {
  readonly update: ExactAccumulator;
  readonly #codec: UpdateCodec;
  readonly #metricNames: readonly string[];
  /** Σ n_k · metric_k by index of the name, as a multiple of 1 / METRIC_FRACTION: integers add up the same in any order. */
  readonly #metricSums: bigint[];
  #reportCount = 0;
  #exampleCount = 0;

  constructor(codec: UpdateCodec, dimension: number, metricNames: readonly string[]) {
    this.#codec = codec;
    this.#metricNames = metricNames;
    this.update = new ExactAccumulator(dimension);
    this.#metricSums = metricNames.map(() => 0n);
  }

  get reportCount(): number {
    return this.#reportCount;
  }

  /** Σ n_k over the reports. */
  get exampleCount(): number {
    return this.#exampleCount;
  }

  /**
   * Checks a report whole and then adds it whole: after an error the sums are as they were.
   * @throws TributaryError `UPDATE_SHAPE`, `UPDATE_MALFORMED`, `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE`.
   */
  fold(report: Report): void {
    const { exampleCount, payload } = report;
    const { maxAbs } = this.#codec.validate(payload, this.update.dimension);
    this.update.reserve(exampleCount * maxAbs);
    // Metrics only inform: a value out of the sums' range is brought into it instead of costing the report.
    const metrics = this.#metricNames.map((name) => {
      const value = report.metrics.find((metric) => metric.name === name)?.value ?? 0;
      const bounded = Math.max(-METRIC_BOUND, Math.min(METRIC_BOUND, value));
      return BigInt(Math.round(exampleCount * bounded * METRIC_FRACTION));
    });
    this.#codec.decode(payload, this.update.dimension, (block, offset) => {
      this.update.add(block, offset, exampleCount);
    });
    metrics.forEach((value, index) => (this.#metricSums[index]! += value));
    this.#reportCount += 1;
    this.#exampleCount += exampleCount;
  }

  /** Means over all reported examples, by name; empty before the first report. */
  metricMeans(): Record<string, number> {
    const means: Record<string, number> = {};
    if (this.#exampleCount === 0) return means;
    this.#metricSums.forEach((sum, index) => {
      means[this.#metricNames[index]!] = Number(sum) / METRIC_FRACTION / this.#exampleCount;
    });
    return means;
  }
}

/** Losses above this say no more than "diverged". */
const METRIC_BOUND = 2 ** 16;
/** Fine enough for small losses over few examples, and coarse enough that n · (right / n) is a whole number again. */
const METRIC_FRACTION = 2 ** 28;
