import { setTimeout as sleep } from "node:timers/promises";
import {
  TributaryError,
  decodeCheckpoint,
  layoutOf,
  parseTfjsModel,
  planOf,
  type Plan,
} from "@tributary/protocol";
import type { MeasuringTrainer } from "@tributary/client-sdk";
import type { MetricDetail } from "@tributary/core";
import type { CheckpointView, RoundRecord, TaskView } from "@tributary/server";
import type { AdminClient } from "../admin/admin-client.ts";
import type { TestExamples } from "../datasets/test-examples.ts";
import { classNamesOf } from "./describe-detail.ts";
import { measureCheckpoint } from "./measure-checkpoint.ts";

/** Time between two questions to the server whether there is a newer checkpoint, milliseconds. */
const WATCH_MS = 1_000;

/** What an operator has measured of the checkpoint of a round. */
export interface Evaluation {
  readonly roundNumber: number;
  readonly checkpoint: string;
  readonly exampleCount: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly metricDetail: MetricDetail;
  /** The names of the classes in the data contract, if it has them. */
  readonly classNames?: readonly string[];
}

/** Measures checkpoints of one task on one set of examples. */
export class CheckpointEvaluator {
  readonly #admin: AdminClient;
  readonly #path: string;
  readonly #examples: TestExamples;
  readonly #trainer: MeasuringTrainer;
  readonly #record: boolean;
  #plan: Plan | undefined;

  constructor(
    admin: AdminClient,
    task: string,
    examples: TestExamples,
    trainer: MeasuringTrainer,
    record: boolean,
  ) {
    this.#admin = admin;
    this.#path = `/v1/tasks/${encodeURIComponent(task)}`;
    this.#examples = examples;
    this.#trainer = trainer;
    this.#record = record;
  }

  /**
   * The checkpoint of a round, or the newest one.
   * @throws TributaryError `CHECKPOINT_UNKNOWN` when there is none.
   */
  async checkpoint(roundNumber: number | undefined): Promise<CheckpointView> {
    const { checkpoints } = await this.#admin.json<{ checkpoints: CheckpointView[] }>(
      `${this.#path}/checkpoints`,
    );
    const found =
      roundNumber === undefined
        ? checkpoints.at(-1)
        : checkpoints.find((each) => each.roundNumber === roundNumber);
    if (found !== undefined) return found;
    throw new TributaryError(
      "CHECKPOINT_UNKNOWN",
      `The task has no checkpoint of round ${roundNumber}`,
      { remedy: "`tributary model list` lists the checkpoints." },
    );
  }

  async measure({ id, roundNumber }: CheckpointView): Promise<Evaluation> {
    const plan = await this.#planWith(id);
    const bytes = await this.#admin.bytes(`/v1/checkpoints/${id}/weights`);
    const weights = decodeCheckpoint(bytes, layoutOf(plan.model.parameters));
    const examples = await this.#examples(plan);
    const request = { plan, weights, examples };
    const { metrics, metricDetail } = await measureCheckpoint(this.#trainer, request);
    const measured = { roundNumber, exampleCount: examples.count, metrics };
    if (this.#record) await this.#admin.post<RoundRecord>(`${this.#path}/evaluations`, measured);
    const classNames = classNamesOf(plan.examples);
    return { ...measured, metricDetail, checkpoint: id, ...(classNames && { classNames }) };
  }

  /**
   * Measures the newest checkpoint and then each new one, until the task has ended.
   * @param measured - Is told each result as soon as it is there.
   */
  async watch(measured: (evaluation: Evaluation) => void): Promise<Evaluation[]> {
    const results: Evaluation[] = [];
    let last = -1;
    for (;;) {
      const { state } = await this.#admin.json<TaskView>(this.#path);
      const newest = await this.checkpoint(undefined);
      if (newest.roundNumber > last) {
        last = newest.roundNumber;
        const result = await this.measure(newest);
        results.push(result);
        measured(result);
      } else if (state === "finished" || state === "cancelled") {
        return results;
      } else {
        await sleep(WATCH_MS);
      }
    }
  }

  /** The plan is fetched only once: all checkpoints of a task have the same. */
  async #planWith(checkpoint: string): Promise<Plan> {
    if (this.#plan === undefined) {
      const { definition, progress } = await this.#admin.json<TaskView>(this.#path);
      if (definition === null) {
        throw new TributaryError("TASK_UNREADABLE", progress.problem?.message ?? "");
      }
      const file = await this.#admin.json<unknown>(`/v1/checkpoints/${checkpoint}/tfjs/model.json`);
      this.#plan = planOf(definition, parseTfjsModel(file).description);
    }
    return this.#plan;
  }
}
