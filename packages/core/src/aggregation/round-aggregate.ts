import { TributaryError, type MetricValue, type UpdateCodec } from "@tributary/protocol";
import type { CombinedUpdate } from "./aggregation-rule.ts";
import { WeightedMean } from "./weighted-mean.ts";
import type { YieldTurn } from "./time-slice.ts";
import { LocalAdder, type UpdateAdder } from "./update-adder.ts";

/** A report that is complete and of the right form. */
export interface Report {
  /** How many examples the client trained on, as it claims; whole, ≥ 1. */
  readonly exampleCount: number;
  /** The encoded update; as `UpdateAdder.add` has it. */
  readonly payload: Uint8Array;
  /** One finite value for each of the aggregate's metric names. */
  readonly metrics: readonly MetricValue[];
}

/**
 * Adds up the reports of a round. Updates are combined by the plan's rule, and metrics by the mean
 * over examples.
 */
export class RoundAggregate {
  readonly #adder: UpdateAdder;
  readonly #metricNames: readonly string[];
  /**
   * Σ n_k · metric_k for each metric name, in units of 1 / METRIC_FRACTION. The sums are integers,
   * so that the order of the reports does not matter.
   */
  readonly #metricSums: bigint[];
  #reportCount = 0;
  #exampleCount = 0;

  /**
   * @param adder - A new adder. If it is left out, updates are added in this thread, for the mean
   *   that is weighted by examples.
   */
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

  /** How many reports have been added. */
  get reportCount(): number {
    return this.#reportCount;
  }

  /** Σ n_k over the reports. */
  get exampleCount(): number {
    return this.#exampleCount;
  }

  /**
   * Checks a whole report and then adds it. After an error the aggregate is as it was before.
   * @returns Nothing if the report is added, or a promise that is fulfilled once it is: this
   *   depends on the adder.
   * @throws TributaryError `UPDATE_SHAPE`, `UPDATE_MALFORMED`, `UPDATE_NOT_FINITE`,
   *   `UPDATE_OUT_OF_RANGE` or `EXAMPLE_COUNT_INVALID`; `INTERNAL` when the adder has lost what it
   *   had. Thrown, or as the promise's rejection.
   */
  fold(report: Report): void | Promise<void> {
    const { exampleCount, payload } = report;
    if (!Number.isSafeInteger(exampleCount) || exampleCount < 1) {
      throw new TributaryError(
        "EXAMPLE_COUNT_INVALID",
        `The report claims ${exampleCount} examples`,
      );
    }
    // Metrics do not change the model. A value that is out of range is cut to the range, and the
    // report still counts.
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

  /** Combines the updates to one by the rule: as `UpdateAdder.combine`. */
  combine(yieldTurn: YieldTurn): Promise<CombinedUpdate> {
    return this.#adder.combine(yieldTurn);
  }

  /** Forgets the updates and the combined update. The counts and metrics stay. */
  discard(): void {
    this.#adder.discard();
  }

  /**
   * The means of the metrics over all reported examples, by name; empty before the first report.
   */
  metricMeans(): Record<string, number> {
    const means: Record<string, number> = {};
    if (this.#exampleCount === 0) return means;
    this.#metricSums.forEach((sum, index) => {
      means[this.#metricNames[index]!] = Number(sum) / METRIC_FRACTION / this.#exampleCount;
    });
    return means;
  }
}

/** A loss above this only says that training diverged. */
const METRIC_BOUND = 2 ** 16;
/**
 * One unit of a metric sum is the inverse of this. It is small enough for small losses over few
 * examples. And it is large enough that an accuracy of c/n, times n, is the whole number c again.
 */
const METRIC_FRACTION = 2 ** 28;
