import type { Command } from "commander";
import { TributaryError } from "@tributary/protocol";
import type { EngineName, TrainerOptions } from "@tributary/client-sdk";
import { publishedNames } from "@tributary/simulator/names";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { newestTask } from "../admin/newest-task.ts";
import { tableChoices, withTableOptions, type TableFlags } from "../datasets/table-flags.ts";
import { backendOption, engineOption, wholeNumber, windowOption } from "../terminal/options.ts";
import { createOutput } from "../terminal/output.ts";
import { metricsText } from "../terminal/metrics-text.ts";
import { CheckpointEvaluator, type Evaluation } from "./checkpoint-evaluator.ts";
import { describeDetail } from "./describe-detail.ts";

interface EvaluateFlags extends AdminFlags, TableFlags {
  readonly task?: string;
  readonly round?: number;
  readonly data: string;
  readonly watch?: true;
  readonly record: boolean;
  readonly engine: EngineName;
  readonly backend: NonNullable<TrainerOptions["backend"]>;
}

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
    // What reads data and measures is loaded only here: other verbs of models start without it.
    const { testExamples } = await import("../datasets/test-examples.ts");
    const { createTrainer } = await import("@tributary/client-sdk");
    const admin = await connectAdmin(flags);
    const test = await testExamples(flags.data, tableChoices(flags), (line) => output.say(line));
    const trainer = await createTrainer({ engine: flags.engine, backend: flags.backend });
    try {
      const id = flags.task ?? (await newestTask(admin)).id;
      const evaluator = new CheckpointEvaluator(admin, id, test, trainer, flags.record);
      const results =
        flags.watch === true
          ? await evaluator.watch((result) => output.say(describe(result)))
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
