import { checkStatistics, splitStatistics, type RoundPurpose } from "@tributary/protocol";
import { openStatistics } from "../aggregation/open-statistics.ts";
import type { StatisticsPool } from "../aggregation/statistics-pool.ts";
import type { UpdateAdder } from "../aggregation/update-adder.ts";
import type { ModelState, ModelTerms } from "../server-step/model-state.ts";
import type { PackingDeps } from "../server-step/pack-state.ts";
import type { ServerOptimizer } from "../server-step/server-optimizer.ts";
import { serverStep } from "../server-step/server-step.ts";
import type { Collection, MemberOffer } from "./collection.ts";
import { reportWeight, type WeightingTerms } from "./report-weight.ts";
import { requireExamples } from "./require-examples.ts";
import { RoundMeasures, type Measurement } from "./round-measures.ts";
import type { Report, ReportForm } from "./report.ts";

/** What a plain collection is made of. */
export interface PlainCollectionOptions {
  readonly terms: ModelTerms;
  /** Adds the updates up by the plan's aggregation rule; a new one for each round. */
  readonly adder: UpdateAdder;
  /** Makes the model's next state of the combined update. */
  readonly optimizer: ServerOptimizer;
  /** How much a report counts. */
  readonly weighting: WeightingTerms;
}

/** Collects encoded updates in the clear and makes the model's next state of them. */
export class PlainCollection implements Collection {
  readonly purpose: RoundPurpose = "training";
  readonly makesCheckpoint = true;
  readonly #terms: ModelTerms;
  readonly #adder: UpdateAdder;
  readonly #optimizer: ServerOptimizer;
  readonly #weighting: WeightingTerms;
  readonly #statistics: StatisticsPool;
  readonly #measures: RoundMeasures;

  constructor({ terms, adder, optimizer, weighting }: PlainCollectionOptions) {
    this.#terms = terms;
    this.#adder = adder;
    this.#optimizer = optimizer;
    this.#weighting = weighting;
    this.#statistics = openStatistics(terms.plan.aggregation, terms.statistics / 2);
    this.#measures = new RoundMeasures(terms.plan, false);
  }

  get reportCount(): number {
    return this.#measures.reportCount;
  }

  get exampleCount(): number {
    return this.#measures.exampleCount;
  }

  isOpenTo(): boolean {
    return true;
  }

  mostExamples({ exampleCount }: MemberOffer): number {
    return exampleCount;
  }

  begin(): ReportForm {
    const { codec, dimension, statistics } = this.#terms;
    const { min, max } = codec.payloadBytes(dimension);
    const behind = 4 * statistics;
    return {
      codec: codec.name,
      dimension,
      statistics,
      payloadBytes: { min: min + behind, max: max + behind },
      ...this.#measures.form,
    };
  }

  receive(report: Report): void | Promise<void> {
    const { exampleCount, payload } = report;
    requireExamples(exampleCount);
    const weight = reportWeight(this.#weighting, exampleCount);
    const { head, statistics } = splitStatistics(payload, this.#terms.statistics);
    checkStatistics(statistics);
    const added = this.#adder.add(head, weight);
    const count = (): void => {
      this.#statistics.add(statistics, weight);
      statistics.fill(0);
      this.#measures.add(report, weight);
    };
    // An adder in this thread is done when it returns. Waiting for it would only cost time.
    if (added !== undefined) return added.then(count);
    count();
  }

  async close(): Promise<void> {}

  async combine(before: ModelState, deps: PackingDeps): Promise<ModelState> {
    const update = await this.#adder.combine(deps.yieldTurn);
    const statistics = this.#statistics.combine();
    return serverStep(before, { update, statistics }, this.#terms, this.#optimizer, deps);
  }

  discard(): void {
    this.#adder.discard();
    this.#statistics.discard();
  }

  measured(): Measurement {
    return this.#measures.result();
  }
}
