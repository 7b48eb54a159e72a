import type { Plan, RoundPurpose } from "@tributary/protocol";
import type { Collection, MemberOffer } from "./collection.ts";
import { reportWeight, type WeightingTerms } from "./report-weight.ts";
import { requireExamples } from "./require-examples.ts";
import { RoundMeasures, type Measurement } from "./round-measures.ts";
import type { Report, ReportForm } from "./report.ts";

/** Collects what members measure of a checkpoint on examples that they do not train on. */
export class EvaluationCollection implements Collection {
  readonly purpose: RoundPurpose = "evaluation";
  readonly makesCheckpoint = false;
  readonly #weighting: WeightingTerms;
  readonly #measures: RoundMeasures;

  constructor(plan: Plan, weighting: WeightingTerms) {
    this.#weighting = weighting;
    this.#measures = new RoundMeasures(plan, true);
  }

  get reportCount(): number {
    return this.#measures.reportCount;
  }

  get exampleCount(): number {
    return this.#measures.exampleCount;
  }

  isOpenTo({ heldOutCount }: MemberOffer): boolean {
    return heldOutCount > 0;
  }

  mostExamples({ heldOutCount }: MemberOffer): number {
    return heldOutCount;
  }

  begin(): ReportForm {
    const payloadBytes = { min: 0, max: 0 };
    return { codec: "", dimension: 0, statistics: 0, payloadBytes, ...this.#measures.form };
  }

  receive(report: Report): void {
    const { exampleCount } = report;
    requireExamples(exampleCount);
    this.#measures.add(report, reportWeight(this.#weighting, exampleCount));
  }

  async close(): Promise<void> {}

  async combine(): Promise<undefined> {
    return undefined;
  }

  discard(): void {}

  measured(): Measurement {
    return this.#measures.result();
  }
}
