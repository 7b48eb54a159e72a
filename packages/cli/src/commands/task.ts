import { Command, InvalidArgumentError } from "commander";
import type { TaskDefinition } from "@tributary/protocol";
import type { TaskSummaryView, TaskView } from "@tributary/server";
import type { AdminClient } from "../admin/admin-client.ts";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { initialModelOf, readModelFiles, readTaskFile } from "@tributary/simulator/files";
import type { ModelTrial } from "../model-trial/model-trial.ts";
import { createTask } from "./create-task.ts";
import { wholeNumber } from "../terminal/options.ts";
import { createOutput, formatTable } from "../terminal/output.ts";
import { describeTask, stateText } from "./describe-task.ts";
import { nothingMeasured } from "./nothing-measured.ts";
import { describeStatistics, statisticsOfTask } from "./statistics-of-task.ts";
import { addContract } from "./task-contract.ts";
import { addStatistics } from "./task-statistics.ts";

const TASK_ID = "id of the task, as `tributary task list` prints it";

export function taskCommand(): Command {
  const task = new Command("task").description(
    "Create tasks on a server, watch them and control them.",
  );
  addCreate(task);
  addContract(task);
  addList(task);
  addShow(task);
  addStatistics(task);
  addEvaluate(task);
  addRollback(task);
  addMoves(task);
  return task;
}

function addCreate(task: Command): void {
  withAdminOptions(
    task
      .command("create")
      .argument("<file>", "task file in YAML; docs/task-file.md describes it")
      .description("Create a task from a task file. It trains nothing before it is started.")
      .option("--start", "start the task at once")
      .option(
        "--untried",
        "create the task although no engine here may train its model, for layers that only the app has",
      )
      .option(
        "--key <text>",
        "idempotency key: the same key and file create one task, however often the command runs (default: a new key)",
      ),
  )
    .addHelpText("after", "\nExample:\n  tributary task create examples/tasks/digits.yaml --start")
    .action(
      async (file: string, flags: AdminFlags & { start?: true; untried?: true; key?: string }) => {
        const definition = await readTaskFile(file);
        const admin = await connectAdmin(flags);
        const { model } = definition;
        const trial =
          "path" in model && flags.untried !== true
            ? await tryModelAt(model.path, definition)
            : undefined;
        const created = await createTask(admin, definition, flags);
        createOutput(flags.json === true).result(
          trial === undefined ? created : { ...created, trial: trial.result },
          [...(trial === undefined ? [] : [trial.text, ""]), describeTask(created)].join("\n"),
        );
      },
    );
}

/** Has the engines of clients try a model. They are loaded only here: other verbs need none of them. */
async function tryModelAt(
  path: string,
  definition: TaskDefinition,
): Promise<{ readonly result: ModelTrial; readonly text: string }> {
  const { describeTrial, tryModel } = await import("../model-trial/model-trial.ts");
  const result = await tryModel(definition, initialModelOf(await readModelFiles(path)));
  return { result, text: describeTrial(result) };
}

function addList(task: Command): void {
  withAdminOptions(task.command("list").description("List all tasks, oldest first.")).action(
    async (flags: AdminFlags) => {
      const admin = await connectAdmin(flags);
      const { tasks } = await admin.json<{ tasks: TaskSummaryView[] }>("/v1/tasks");
      const rows = tasks.map((view) => [
        view.id,
        view.name,
        view.population,
        stateText(view),
        String(view.progress.committedRounds),
      ]);
      createOutput(flags.json === true).result(
        { tasks },
        tasks.length === 0
          ? "There is no task yet. Create one with `tributary task create FILE`."
          : formatTable(["id", "name", "population", "state", "rounds"], rows),
      );
    },
  );
}

function addShow(task: Command): void {
  withAdminOptions(
    task
      .command("show")
      .argument("<id>", TASK_ID)
      .description("Show a task and what it is doing now."),
  ).action(async (id: string, flags: AdminFlags) => {
    const admin = await connectAdmin(flags);
    const view = await admin.json<TaskView>(`/v1/tasks/${encodeURIComponent(id)}`);
    const counted = await statisticsOfTask(admin, view);
    createOutput(flags.json === true).result(
      counted === undefined ? view : { ...view, statistics: counted.statistics },
      counted === undefined
        ? describeTask(view)
        : `${describeTask(view)}\n\n${describeStatistics(counted)}`,
    );
  });
}

function addEvaluate(task: Command): void {
  withAdminOptions(
    task
      .command("evaluate")
      .argument("<id>", TASK_ID)
      .description(
        "Have clients measure a checkpoint on the examples that they hold out from training.",
      )
      .option(
        "--round <number>",
        "measure the checkpoint of this round (default: the newest checkpoint)",
        wholeNumber(0),
      ),
  ).action(async (id: string, flags: AdminFlags & { round?: number }) => {
    const admin = await connectAdmin(flags);
    const view = await admin.post<TaskView>(
      `/v1/tasks/${encodeURIComponent(id)}/evaluate`,
      flags.round === undefined ? {} : { roundNumber: flags.round },
    );
    createOutput(flags.json === true).result(view, describeTask(view));
  });
}

function addRollback(task: Command): void {
  withAdminOptions(
    task
      .command("rollback")
      .argument("<id>", TASK_ID)
      .description("Go back to an older checkpoint. Training continues from there.")
      .requiredOption(
        "--to <round>",
        "round that made the checkpoint: a number, 0 for the initial model, or best",
        roundOrBest,
      ),
  )
    .addHelpText("after", "\nExample:\n  tributary task rollback task_0123… --to best")
    .action(async (id: string, flags: AdminFlags & { to: number | "best" }) => {
      const admin = await connectAdmin(flags);
      const path = `/v1/tasks/${encodeURIComponent(id)}`;
      const roundNumber = flags.to === "best" ? await bestRound(admin, path) : flags.to;
      const view = await admin.post<TaskView>(`${path}/rollback`, { roundNumber });
      createOutput(flags.json === true).result(view, describeTask(view));
    });
}

/** Adds the commands that move a task from one state to another. */
function addMoves(task: Command): void {
  const moves = {
    start: "Start a task, or resume a task that is paused.",
    pause: "Pause a task: no further round starts, but a round that is open goes on.",
    cancel: "End a task for good. Its rounds and checkpoints are kept.",
  };
  for (const [verb, description] of Object.entries(moves)) {
    withAdminOptions(task.command(verb).argument("<id>", TASK_ID).description(description)).action(
      async (id: string, flags: AdminFlags) => {
        const admin = await connectAdmin(flags);
        const view = await admin.post<TaskView>(`/v1/tasks/${encodeURIComponent(id)}/${verb}`);
        createOutput(flags.json === true).result(view, describeTask(view));
      },
    );
  }
}

function roundOrBest(text: string): number | "best" {
  if (text === "best") return text;
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError("Give the number of a round, 0 for the initial model, or best.");
  }
  return Number(text);
}

/** @throws TributaryError `CHECKPOINT_UNKNOWN` when no checkpoint has been measured. */
async function bestRound(admin: AdminClient, path: string): Promise<number> {
  const { best } = await admin.json<TaskView>(path);
  if (best === null) throw nothingMeasured();
  return best.roundNumber;
}
