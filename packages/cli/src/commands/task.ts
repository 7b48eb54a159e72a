import { Command } from "commander";
import type { TaskDefinition } from "@tributary/protocol";
import type { TaskSummaryView } from "@tributary/server";
import type { AdminClient } from "../admin-client.ts";
import { createOutput, formatTable } from "../output.ts";
import { readModelFiles, readTaskFile } from "../task-file.ts";
import { connectAdmin, withAdminOptions, type AdminFlags } from "./admin-options.ts";

export function taskCommand(): Command {
  const task = new Command("task").description("Tasks of a running server.");

  withAdminOptions(task.command("create"))
    .argument("<file>", "task file, YAML")
    .description("Create a task from a file.")
    .option("--start", "start it at once")
    .action(async (file: string, flags: AdminFlags & { start?: true }) => {
      const definition = await readTaskFile(file);
      const admin = await connectAdmin(flags);
      const created = await createTask(admin, definition, flags.start === true);
      createOutput(flags.json === true).result(created, describeTask(created));
    });

  withAdminOptions(task.command("list"))
    .description("List tasks, oldest first.")
    .action(async (flags: AdminFlags) => {
      const admin = await connectAdmin(flags);
      const { tasks } = await admin.json<{ tasks: TaskSummaryView[] }>("/v1/tasks");
      const rows = tasks.map((view) => [
        view.id,
        view.name,
        view.population,
        view.state,
        String(view.progress.committedRounds),
      ]);
      createOutput(flags.json === true).result(
        { tasks },
        tasks.length === 0
          ? "no tasks yet: `tributary task create FILE` makes one"
          : formatTable(["id", "name", "population", "state", "rounds"], rows),
      );
    });

  withAdminOptions(task.command("show"))
    .argument("<id>", "task id")
    .description("Show a task and what it is doing.")
    .action(async (id: string, flags: AdminFlags) => {
      const admin = await connectAdmin(flags);
      const view = await admin.json<TaskSummaryView>(`/v1/tasks/${encodeURIComponent(id)}`);
      createOutput(flags.json === true).result(view, describeTask(view));
    });

  const moves = {
    start: "Start or resume a task.",
    pause: "Start no further round of a task; the one in flight goes on.",
    cancel: "End a task for good; what was committed stays.",
  };
  for (const [verb, description] of Object.entries(moves)) {
    withAdminOptions(task.command(verb))
      .argument("<id>", "task id")
      .description(description)
      .action(async (id: string, flags: AdminFlags) => {
        const admin = await connectAdmin(flags);
        const view = await admin.post<TaskSummaryView>(
          `/v1/tasks/${encodeURIComponent(id)}/${verb}`,
        );
        createOutput(flags.json === true).result(view, describeTask(view));
      });
  }
  return task;
}

/** Creates a task; a model of its own is uploaded with it. */
async function createTask(
  admin: AdminClient,
  definition: TaskDefinition,
  start: boolean,
): Promise<TaskSummaryView> {
  if ("builtin" in definition.model) return admin.post("/v1/tasks", { definition, start });
  const { modelJson, weights } = await readModelFiles(definition.model.path);
  const form = new FormData();
  form.set("task", JSON.stringify({ definition, start }));
  form.set("model", JSON.stringify(modelJson));
  for (const [name, bytes] of weights) {
    form.append("weights", new Blob([new Uint8Array(bytes)]), name);
  }
  return admin.post("/v1/tasks", form);
}

function describeTask(view: TaskSummaryView): string {
  const { phase, committedRounds, waitingClients } = view.progress;
  return [
    `task        ${view.id}`,
    `name        ${view.name}`,
    `population  ${view.population} (${waitingClients} clients wait)`,
    `state       ${view.state}${phase === "idle" ? "" : `, ${phase}`}`,
    `rounds      ${committedRounds} committed`,
    `plan        ${view.planId}`,
  ].join("\n");
}
