import {
  basesToReport,
  measuresOf,
  measuresToReport,
  metricsFromBases,
  type BasisForm,
  type MeasureName,
  type MetricName,
  type Plan,
} from "@tributary/protocol";
import { BasisSums } from "./basis-sums.ts";
import { MetricClaims } from "./metric-claims.ts";
import {
  FEWEST_FOR_PERCENTILES,
  detailOf,
  percentilesOf,
  type MetricDetail,
} from "./metric-detail.ts";
import type { Report, ReportForm } from "./report.ts";

/** What the reports of a round have measured together. */
export interface Measurement {
  /** A number for each measure, by name; empty before the first report. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly detail: MetricDetail;
}

/**
 * What the reports of one round have measured: trimmed means of what is a mean, and exact sums for
 * what is computed from sums.
 */
export class RoundMeasures {
  readonly #metrics: readonly MetricName[];
  readonly #means: readonly MeasureName[];
  readonly #bases: readonly BasisForm[];
  readonly #claims: MetricClaims;
  readonly #sums: BasisSums;
  /** The values of each member, by measure; undefined where no percentiles are made. */
  readonly #byMember: Map<MeasureName, number[]> | undefined;

  /** @param hasPercentiles - Whether percentiles over members are made, for which all are kept. */
  constructor(plan: Plan, hasPercentiles: boolean) {
    this.#metrics = plan.training.metrics;
    this.#means = measuresToReport(this.#metrics);
    this.#bases = basesToReport(plan);
    this.#claims = new MetricClaims(this.#means);
    this.#sums = new BasisSums(this.#bases);
    if (!hasPercentiles) return;
    this.#byMember = new Map(measuresOf(this.#metrics).map((name) => [name, []]));
  }

  /** Number of reports that have been added. */
  get reportCount(): number {
    return this.#claims.reportCount;
  }

  /** Number of examples that the reports claim. */
  get exampleCount(): number {
    return this.#claims.exampleCount;
  }

  /** What each report must say about its measures. */
  get form(): Pick<ReportForm, "metricNames" | "bases"> {
    return { metricNames: this.#means, bases: this.#bases };
  }

  /** Adds what one report says. @param weight - For how many examples the report counts; ≥ 1. */
  add({ exampleCount, metrics, bases = [] }: Omit<Report, "payload">, weight: number): void {
    this.#claims.add(exampleCount, weight, metrics);
    this.#sums.add(weight, bases);
    if (this.#byMember === undefined) return;
    const own = {
      ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
      ...metricsFromBases(this.#metrics, this.#bases, bases),
    };
    for (const [name, values] of this.#byMember) values.push(own[name] ?? 0);
  }

  /** What has been measured. */
  result(): Measurement {
    if (this.reportCount === 0) return { metrics: {}, detail: {} };
    const sums = this.#sums.values;
    const values: Record<string, number> = {
      ...this.#claims.means(),
      ...metricsFromBases(this.#metrics, this.#bases, sums),
    };
    const metrics = Object.fromEntries(
      measuresOf(this.#metrics).map((name) => [name, values[name]!]),
    );
    return { metrics, detail: { ...detailOf(sums), ...this.#percentiles() } };
  }

  #percentiles(): Pick<MetricDetail, "percentiles"> {
    if (this.#byMember === undefined || this.reportCount < FEWEST_FOR_PERCENTILES) return {};
    const all = [...this.#byMember].map(([name, values]) => [name, percentilesOf(values)] as const);
    return { percentiles: Object.fromEntries(all) };
  }
}
