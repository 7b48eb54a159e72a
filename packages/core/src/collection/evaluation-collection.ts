import { measuresToReport, type Plan, type RoundPurpose } from "@tributary/protocol";
import type { Collection, MemberOffer } from "./collection.ts";
import { MetricTotals } from "./metric-totals.ts";
import { requireExamples } from "./require-examples.ts";
import type { Report, ReportForm } from "./report.ts";

/** Collects what members measure of a checkpoint on examples that they do not train on. */
export class EvaluationCollection implements Collection {
  readonly purpose: RoundPurpose = "evaluation";
  readonly makesCheckpoint = false;
  readonly #metricNames: readonly string[];
  readonly #metrics: MetricTotals;

  constructor(plan: Plan) {
    this.#metricNames = measuresToReport(plan.training.metrics);
    this.#metrics = new MetricTotals(this.#metricNames);
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

  begin(): ReportForm {
    const payloadBytes = { min: 0, max: 0 };
    return { codec: "", dimension: 0, payloadBytes, metricNames: this.#metricNames };
  }

  receive({ exampleCount, metrics }: Report): void {
    requireExamples(exampleCount);
    this.#metrics.add(exampleCount, metrics);
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
