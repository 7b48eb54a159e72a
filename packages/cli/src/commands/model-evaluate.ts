import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import {
  TributaryError,
  decodeCheckpoint,
  layoutOf,
  parseTfjsModel,
  planOf,
  type Plan,
} from "@tributary/protocol";
import {
  createTrainer,
  type EngineName,
  type MeasuringTrainer,
  type TrainerOptions,
} from "@tributary/client-sdk";
import { publishedNames } from "@tributary/simulator";
import type { MetricDetail } from "@tributary/core";
import type { CheckpointView, RoundRecord, TaskView } from "@tributary/server";
import type { AdminClient } from "../admin/admin-client.ts";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { newestTask } from "../admin/newest-task.ts";
import { testExamples, type TestExamples } from "../datasets/test-examples.ts";
import { tableChoices, withTableOptions, type TableFlags } from "../datasets/table-flags.ts";
import { backendOption, engineOption, wholeNumber, windowOption } from "../terminal/options.ts";
import { createOutput, type Output } from "../terminal/output.ts";
import { metricsText } from "../terminal/metrics-text.ts";
import { classNamesOf, describeDetail } from "./describe-detail.ts";
import { measureCheckpoint } from "./measure-checkpoint.ts";

interface EvaluateFlags extends AdminFlags, TableFlags {
  readonly task?: string;
  readonly round?: number;
  readonly data: string;
  readonly watch?: true;
  readonly record: boolean;
  readonly engine: EngineName;
  readonly backend: NonNullable<TrainerOptions["backend"]>;
}

/** Time between two questions to the server whether there is a newer checkpoint, milliseconds. */
const WATCH_MS = 1_000;

/**
 * Adds `model evaluate`: the operator measures a model on data of their own. It runs in the command
 * because the server loads no training engine.
 */
export function addModelEvaluate(model: Command): void {
  withTableOptions(
    withAdminOptions(
      model
        .command("evaluate")
        .description(
          "Measure how good a checkpoint is on the test examples of a data set, on all rows of a table or on a whole text, and record the result on the server. Of a model that tells up to 20 classes apart, the figures of each class are shown as well.",
        )
        .requiredOption(
          "--data <source>",
          `data set to measure on: ${publishedNames.join(", ")}, or the path of a folder, of a file with a table or of a text`,
        )
        .option(
          "--task <id>",
          "task whose model is measured (default: the newest task that learns a model)",
        )
        .option(
          "--round <number>",
          "measure the checkpoint of this round (default: the newest checkpoint)",
          wholeNumber(0),
        )
        .option("--watch", "measure every new checkpoint until the task ends")
        .option("--no-record", "print the result, but do not record it on the server")
        .addOption(windowOption())
        .addOption(engineOption())
        .addOption(backendOption()),
    ),
  ).action(async (flags: EvaluateFlags) => {
    if (flags.watch === true && flags.round !== undefined) {
      throw new TributaryError("BAD_PARAMETER", "Both --watch and --round are given", {
        remedy: "Give only one of them: --watch measures every new checkpoint.",
      });
    }
    const output = createOutput(flags.json === true);
    const admin = await connectAdmin(flags);
    const test = await testExamples(flags.data, tableChoices(flags), (line) => output.say(line));
    const trainer = await createTrainer({ engine: flags.engine, backend: flags.backend });
    try {
      const id = flags.task ?? (await newestTask(admin)).id;
      const evaluator = new Evaluator(admin, id, test, trainer, flags.record);
      const results =
        flags.watch === true
          ? await evaluator.watch(output)
          : [await evaluator.measure(await evaluator.checkpoint(flags.round))];
      output.result(
        { task: id, evaluations: results },
        results.length === 0
          ? "the task has no checkpoints to measure"
          : results.map(describe).join("\n"),
      );
    } finally {
      trainer.dispose();
    }
  });
}

interface Evaluation {
  readonly roundNumber: number;
  readonly checkpoint: string;
  readonly exampleCount: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly metricDetail: MetricDetail;
  /** The names of the classes in the data contract, if it has them. */
  readonly classNames?: readonly string[];
}

const describe = ({
  roundNumber,
  exampleCount,
  metrics,
  metricDetail,
  classNames,
}: Evaluation): string =>
  [
    `round ${roundNumber}  ${metricsText(metrics)}  on ${exampleCount} examples`,
    ...describeDetail(metricDetail, classNames),
  ].join("\n");

/** Measures checkpoints of one task on one set of examples. */
class Evaluator {
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

  /** Measures the newest checkpoint and then each new one, until the task has ended. */
  async watch(output: Output): Promise<Evaluation[]> {
    const results: Evaluation[] = [];
    let last = -1;
    for (;;) {
      const { state } = await this.#admin.json<TaskView>(this.#path);
      const newest = await this.checkpoint(undefined);
      if (newest.roundNumber > last) {
        last = newest.roundNumber;
        const result = await this.measure(newest);
        results.push(result);
        output.say(describe(result));
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
