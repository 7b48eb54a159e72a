import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import {
  PROTOCOL_CONSTANTS,
  TributaryError,
  parseTask,
  type TaskDefinition,
} from "@tributary/protocol";
import type { TaskView } from "@tributary/server";
import type { AdminClient } from "../admin/admin-client.ts";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { readTaskFile, yamlText } from "@tributary/simulator/files";
import { createOutput } from "../terminal/output.ts";
import { createTask } from "./create-task.ts";
import { showStatistics } from "./statistics-progress.ts";
import { describeStatistics, statisticsOfTask } from "./statistics-of-task.ts";

/** The first round finds the means, and the second one the deviations from them. */
const ROUNDS = 2;

/** Time between two questions to the server whether the task has ended, milliseconds. */
const WATCH_MS = 500;

/** Adds `task statistics`: what clients' columns hold, without seeing any of their rows. */
export function addStatistics(task: Command): void {
  withAdminOptions(
    task
      .command("statistics")
      .argument("<file>", "task file with a data contract (`examples:`)")
      .description(
        "Have the clients of a task file's population count the columns of its data contract: means, deviations, missing values, classes. Rounds are as large as those of the task file. Prints the contract with the scaling filled in, and with what stands for missing values where it says whenMissing: mean, median (of features with bounds: scaling minMax) or mostFrequent.",
      ),
  )
    .addHelpText("after", "\nExample:\n  tributary task statistics heart-disease.yaml")
    .action(async (file: string, flags: AdminFlags) => {
      const definition = statisticsTask(await readTaskFile(file), file);
      const output = createOutput(flags.json === true);
      const admin = await connectAdmin(flags);
      const created = await createTask(admin, definition, { start: true });
      const show = showStatistics(output, { rounds: ROUNDS, ...definition.round });
      const ended = await waitForEnd(admin, created.id, show);
      const counted = await statisticsOfTask(admin, ended);
      if (counted === undefined) throw notCounted(ended);
      output.result(
        { task: ended.id, ...counted },
        `${describeStatistics(counted)}\n\n${yamlText({ examples: counted.examples })}`,
      );
    });
}

/**
 * The task that counts the columns of another one, with rounds of the same size.
 * @throws TributaryError `TASK_INVALID` when the task has no data contract.
 */
function statisticsTask(
  { population, name, examples, plan, round, eligibility, participation }: TaskDefinition,
  file: string,
): TaskDefinition {
  if (examples === null) {
    throw new TributaryError("TASK_INVALID", `${file} does not say which columns there are`, {
      remedy: "Write the section `examples` into it; its scalings may be left out.",
    });
  }
  return parseTask({
    ...{ population, examples, round, eligibility, participation },
    name: `${name.slice(0, 53)}-statistics`,
    model: { builtin: "statistics" },
    plan: { loss: plan.loss, metrics: [], update: { codec: "float32" } },
    maximumExamples: PROTOCOL_CONSTANTS.maxExampleCount,
    stop: { rounds: ROUNDS },
  });
}

/** Waits until a task runs no more, and shows meanwhile how far it is. */
async function waitForEnd(
  admin: AdminClient,
  id: string,
  show: (view: TaskView) => void,
): Promise<TaskView> {
  for (;;) {
    const view = await admin.json<TaskView>(`/v1/tasks/${encodeURIComponent(id)}`);
    show(view);
    if (view.state !== "running" || view.progress.problem !== null) return view;
    await sleep(WATCH_MS);
  }
}

function notCounted({ id, state, pauseReason, progress }: TaskView): TributaryError {
  const why = progress.problem?.code ?? pauseReason ?? "no round was committed";
  return new TributaryError("ABORTED", `The statistics task ${id} is ${state}: ${why}`, {
    remedy: `\`tributary task show ${id}\` says how its rounds ended.`,
  });
}
