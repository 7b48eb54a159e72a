import { TributaryError, type MetricValue, type UpdateCodec } from "@tributary/protocol";
import type { CombinedUpdate } from "./aggregation-rule.ts";
import { WeightedMean } from "./weighted-mean.ts";
import type { YieldTurn } from "./time-slice.ts";
import { LocalAdder, type UpdateAdder } from "./update-adder.ts";

/** One report that is complete and of the right form. */
export interface Report {
  readonly exampleCount: number;
  /** The encoded update; as `UpdateAdder.add` has it. */
  readonly payload: Uint8Array;
  /** One finite value for each of the aggregate's metric names. */
  readonly metrics: readonly MetricValue[];
}

/** What a round's reports come to: their updates by the plan's rule, their metrics by the mean over examples. */
export class RoundAggregate {
  readonly #adder: UpdateAdder;
  readonly #metricNames: readonly string[];
  /** Σ n_k · metric_k by index of the name, as a multiple of 1 / METRIC_FRACTION: integers add up the same in any order. */
  readonly #metricSums: bigint[];
  #reportCount = 0;
  #exampleCount = 0;

  /** @param adder - A new one; one for the mean, weighted by examples, in this thread, if left out. */
  constructor(
    codec: UpdateCodec,
    dimension: number,
    metricNames: readonly string[],
    adder: UpdateAdder = new LocalAdder(codec, dimension, () => new WeightedMean(codec, dimension)),
  ) {
    this.#adder = adder;
    this.#metricNames = metricNames;
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
   * Checks a report whole and then adds it whole: after an error the aggregate is as it was. Whether it is done when this
   * returns, or when the promise that it returns is fulfilled, is for the adder to say.
   * @throws TributaryError `UPDATE_SHAPE`, `UPDATE_MALFORMED`, `UPDATE_NOT_FINITE`, `UPDATE_OUT_OF_RANGE` or
   *   `EXAMPLE_COUNT_INVALID`; `INTERNAL` when the adder has lost what it had. Thrown, or as the promise's rejection.
   */
  fold(report: Report): void | Promise<void> {
    const { exampleCount, payload } = report;
    if (!Number.isSafeInteger(exampleCount) || exampleCount < 1) {
      throw new TributaryError(
        "EXAMPLE_COUNT_INVALID",
        `The report claims ${exampleCount} examples`,
      );
    }
    // Metrics only inform: a value out of the sums' range is brought into it instead of costing the report.
    const metrics = this.#metricNames.map((name) => {
      const value = report.metrics.find((metric) => metric.name === name)?.value ?? 0;
      const bounded = Math.max(-METRIC_BOUND, Math.min(METRIC_BOUND, value));
      return BigInt(Math.round(exampleCount * bounded * METRIC_FRACTION));
    });
    const count = (): void => {
      metrics.forEach((value, index) => (this.#metricSums[index]! += value));
      this.#reportCount += 1;
      this.#exampleCount += exampleCount;
    };
    const added = this.#adder.add(payload, exampleCount);
    if (added !== undefined) return added.then(count);
    count();
  }

  /** The updates as one, by the rule; as `UpdateAdder.combine`. */
  combine(yieldTurn: YieldTurn): Promise<CombinedUpdate> {
    return this.#adder.combine(yieldTurn);
  }

  /** Forgets the updates, and what they have been combined to; counts and metrics stay. */
  discard(): void {
    this.#adder.discard();
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
