import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, Option } from "commander";
import {
  TributaryError,
  checkpointId,
  decodeCheckpoint,
  encodeCheckpoint,
  layoutOf,
} from "@tributary/protocol";
import type { TaskView } from "@tributary/server";
import { connectAdmin, withAdminOptions, type AdminFlags } from "../admin/admin-options.ts";
import { openModels, type Models, type StoredCheckpoint } from "../admin/models.ts";
import { newestTask } from "../admin/newest-task.ts";
import { writeTfjsFolder } from "../files/tfjs-folder.ts";
import { createOutput, formatBytes, formatTable } from "../terminal/output.ts";
import { addModelEvaluate } from "./model-evaluate.ts";
import { nothingMeasured } from "./nothing-measured.ts";

interface SourceFlags extends AdminFlags {
  task?: string;
  databaseUrl?: string;
}

interface ExportFlags extends SourceFlags {
  checkpoint?: string;
  best?: true;
  format: "tfjs" | "float32";
  out: string;
}

export function modelCommand(): Command {
  const model = new Command("model").description(
    "List, export and measure the models of tasks. They are read from a running server, or from its data folder when it does not run.",
  );
  addList(model);
  addExport(model);
  addModelEvaluate(model);
  return model;
}

function addList(model: Command): void {
  withSource(
    model
      .command("list")
      .description(
        "List the checkpoints of a task, oldest first. The first one is the initial model.",
      ),
  ).action(async (flags: SourceFlags) => {
    const checkpoints = await withModels(flags, (models) => models.list(flags.task));
    const rows = checkpoints.map(({ id, roundNumber, byteLength, createdAtMs }) => [
      id,
      String(roundNumber),
      formatBytes(byteLength),
      new Date(createdAtMs).toISOString(),
    ]);
    createOutput(flags.json === true).result(
      { checkpoints },
      formatTable(["checkpoint", "round", "size", "made"], rows),
    );
  });
}

function addExport(model: Command): void {
  withSource(
    model
      .command("export")
      .description("Write a checkpoint to a folder: the newest one, unless you choose another.")
      .requiredOption("--out <folder>", "folder to write to")
      .option("--checkpoint <id>", "export the checkpoint with this id")
      .option(
        "--best",
        "export the best checkpoint, as the task measures it; requires a running server",
      )
      .addOption(
        new Option(
          "--format <name>",
          "tfjs writes model.json and weights.bin for tf.loadLayersModel; float32 writes only the parameters",
        )
          .choices(["tfjs", "float32"])
          .default("tfjs"),
      ),
  )
    .addHelpText("after", "\nExample:\n  tributary model export --out ./model")
    .action(async (flags: ExportFlags) => {
      const { id, roundNumber, file } = await withModels(flags, (models) =>
        exportCheckpoint(models, flags),
      );
      createOutput(flags.json === true).result(
        { checkpoint: id, roundNumber, file },
        `wrote ${file}: checkpoint ${id.slice(0, 12)}… of round ${roundNumber}`,
      );
    });
}

/** @throws TributaryError `CHECKPOINT_UNKNOWN` when the task lacks the checkpoint that is wanted. */
async function exportCheckpoint(
  models: Models,
  flags: ExportFlags,
): Promise<StoredCheckpoint & { readonly file: string }> {
  const all = await models.list(flags.task);
  const wanted = flags.best === true ? await bestCheckpoint(flags) : flags.checkpoint;
  const chosen = wanted === undefined ? all.at(-1) : find(all, checkpointId(wanted));
  if (chosen === undefined) {
    throw new TributaryError("CHECKPOINT_UNKNOWN", "The task has no such checkpoint", {
      remedy: "`tributary model list` lists the checkpoints.",
    });
  }
  const { description, bytes } = await models.read(chosen);
  const values = decodeCheckpoint(bytes, layoutOf(description.parameters));
  if (flags.format === "tfjs") {
    await writeTfjsFolder(flags.out, description, values);
    return { ...chosen, file: join(flags.out, "model.json") };
  }
  const file = join(flags.out, "parameters.f32");
  await mkdir(flags.out, { recursive: true });
  await writeFile(file, encodeCheckpoint(values));
  return { ...chosen, file };
}

/** @throws TributaryError `CHECKPOINT_UNKNOWN` when nothing has been measured yet. */
async function bestCheckpoint(flags: ExportFlags): Promise<string> {
  if (flags.checkpoint !== undefined) {
    throw new TributaryError("BAD_PARAMETER", "Both --best and --checkpoint are given", {
      remedy: "Give only one of them.",
    });
  }
  const admin = await connectAdmin(flags);
  const task = flags.task ?? (await newestTask(admin)).id;
  const { best } = await admin.json<TaskView>(`/v1/tasks/${encodeURIComponent(task)}`);
  if (best === null) throw nothingMeasured();
  return best.checkpoint;
}

/** Adds the options that say whose models are meant and where they are. */
function withSource(command: Command): Command {
  return withAdminOptions(
    command
      .option(
        "--task <id>",
        "task whose model is meant (default: the newest task that learns a model)",
      )
      .option(
        "--database-url <url>",
        "Postgres database to read when no server runs (default: the environment variable DATABASE_URL)",
      ),
  );
}

async function withModels<Result>(
  flags: SourceFlags,
  use: (models: Models) => Promise<Result>,
): Promise<Result> {
  const models = await openModels(flags);
  try {
    return await use(models);
  } finally {
    await models.close();
  }
}

const find = (all: readonly StoredCheckpoint[], id: string): StoredCheckpoint | undefined =>
  all.find((checkpoint) => checkpoint.id === id);
