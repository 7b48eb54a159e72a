import { TributaryError, type MetricValue, type UpdateCodec } from "@tributary/protocol";
import type { AggregationRule, CombinedUpdate } from "./aggregation-rule.ts";
import { WeightedMean } from "./mean-rules.ts";
import type { Rest } from "./pace.ts";

/** One report that is complete and of the right form. */
export interface Report {
  readonly exampleCount: number;
  /** The encoded update; not modified and not kept. */
  readonly payload: Uint8Array;
  /** One finite value for each of the aggregate's metric names. */
  readonly metrics: readonly MetricValue[];
}

/** What a round's reports come to: their updates by the plan's rule, their metrics by the mean over examples. */
export class RoundAggregate {
  readonly #rule: AggregationRule;
  readonly #codec: UpdateCodec;
  readonly #metricNames: readonly string[];
  /** Σ n_k · metric_k by index of the name, as a multiple of 1 / METRIC_FRACTION: integers add up the same in any order. */
  readonly #metricSums: bigint[];
  #reportCount = 0;
  #exampleCount = 0;

  /** @param rule - A new one; the mean, weighted by examples, if left out. */
  constructor(
    codec: UpdateCodec,
    dimension: number,
    metricNames: readonly string[],
    rule: AggregationRule = new WeightedMean(codec, dimension),
  ) {
    this.#codec = codec;
    this.#metricNames = metricNames;
    this.#rule = rule;
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
   * Checks a report whole and then adds it whole: after an error the aggregate is as it was.
   * @throws TributaryError `UPDATE_SHAPE`, `UPDATE_MALFORMED`, `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE`;
   *   `EXAMPLE_COUNT_INVALID`.
   */
  fold(report: Report): void {
    const { exampleCount, payload } = report;
    if (!Number.isSafeInteger(exampleCount) || exampleCount < 1) {
      throw new TributaryError(
        "EXAMPLE_COUNT_INVALID",
        `The report claims ${exampleCount} examples`,
      );
    }
    const { maxAbs } = this.#codec.validate(payload, this.#rule.dimension);
    // Metrics only inform: a value out of the sums' range is brought into it instead of costing the report.
    const metrics = this.#metricNames.map((name) => {
      const value = report.metrics.find((metric) => metric.name === name)?.value ?? 0;
      const bounded = Math.max(-METRIC_BOUND, Math.min(METRIC_BOUND, value));
      return BigInt(Math.round(exampleCount * bounded * METRIC_FRACTION));
    });
    this.#rule.add(payload, { exampleCount, maxAbs });
    metrics.forEach((value, index) => (this.#metricSums[index]! += value));
    this.#reportCount += 1;
    this.#exampleCount += exampleCount;
  }

  /** The updates as one, by the rule; as `AggregationRule.combine`. */
  combine(rest: Rest): Promise<CombinedUpdate> {
    return this.#rule.combine(rest);
  }

  /** Forgets the updates; counts and metrics stay. */
  discard(): void {
    this.#rule.discard();
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
