import {
  measuresToReport,
  type MeasureName,
  type Plan,
  type RoundPurpose,
} from "@tributary/protocol";
import type { Collection, MemberOffer } from "./collection.ts";
import { MetricClaims } from "./metric-claims.ts";
import { reportWeight, type WeightingTerms } from "./report-weight.ts";
import { requireExamples } from "./require-examples.ts";
import type { Report, ReportForm } from "./report.ts";

/** Collects what members measure of a checkpoint on examples that they do not train on. */
export class EvaluationCollection implements Collection {
  readonly purpose: RoundPurpose = "evaluation";
  readonly makesCheckpoint = false;
  readonly #metricNames: readonly MeasureName[];
  readonly #weighting: WeightingTerms;
  readonly #metrics: MetricClaims;

  constructor(plan: Plan, weighting: WeightingTerms) {
    this.#weighting = weighting;
    this.#metricNames = measuresToReport(plan.training.metrics);
    this.#metrics = new MetricClaims(this.#metricNames);
  }

  get reportCount(): number {
    return this.#metrics.reportCount;
  }

  get exampleCount(): number {
    return this.#metrics.exampleCount;
  }

  isOpenTo({ heldOutCount }: MemberOffer): boolean {
    return heldOutCount > 0;
  }

  mostExamples({ heldOutCount }: MemberOffer): number {
    return heldOutCount;
  }

  begin(): ReportForm {
    const payloadBytes = { min: 0, max: 0 };
    return { codec: "", dimension: 0, statistics: 0, payloadBytes, metricNames: this.#metricNames };
  }

  receive({ exampleCount, metrics }: Report): void {
    requireExamples(exampleCount);
    this.#metrics.add(exampleCount, reportWeight(this.#weighting, exampleCount), metrics);
  }

  async close(): Promise<void> {}

  async combine(): Promise<undefined> {
    return undefined;
  }

  discard(): void {}

  metricMeans(): Record<string, number> {
    return this.#metrics.means();
  }
}
