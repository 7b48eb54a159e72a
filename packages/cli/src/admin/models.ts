import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  TributaryError,
  isStatisticsTask,
  modelOfPlan,
  parseTfjsModel,
  taskId,
  type CheckpointId,
  type ModelDescription,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { Storage, StoredTask } from "@tributary/server";
import { AdminClient, findAdmin } from "./admin-client.ts";
import { databaseUrlOf } from "./database-url.ts";
import { newestTask, noTask } from "./newest-task.ts";

export interface StoredCheckpoint {
  readonly id: CheckpointId;
  readonly taskId: string;
  readonly roundNumber: number;
  readonly byteLength: number;
  readonly createdAtMs: number;
}

/**
 * Where commands read models from: a running server, or the store of a server that is not running.
 */
export interface Models {
  /**
   * The checkpoints of a task (by default, of the newest task), oldest first. The first one is the
   * initial model.
   */
  list(task?: string): Promise<readonly StoredCheckpoint[]>;
  read(
    checkpoint: StoredCheckpoint,
  ): Promise<{ readonly description: ModelDescription; readonly bytes: Uint8Array }>;
  close(): Promise<void>;
}

/**
 * Opens the models of a running server if there is one, else those of the store in the data folder
 * or in Postgres.
 */
export async function openModels(options: {
  readonly admin?: string;
  readonly token?: string;
  readonly dataDir: string;
  readonly databaseUrl?: string;
}): Promise<Models> {
  const admin = await runningServer(options);
  if (admin !== undefined) return serverModels(admin);
  const databaseUrl = databaseUrlOf(options);
  const storeDir = join(options.dataDir, "store");
  if (databaseUrl === undefined && !existsSync(storeDir)) {
    throw new TributaryError("DATA_UNREADABLE", `There is no data folder ${options.dataDir}`, {
      remedy: "With --data-dir, give the data folder of a server or of a demo.",
    });
  }
  const { openStorage } = await import("@tributary/server");
  const storage = await openStorage({
    storeDir,
    databaseUrl,
    crypto: createNodeCryptoProvider(),
  });
  return storedModels(storage);
}

/** The server that the user names, or else the one that runs with the data folder, if any. */
async function runningServer(
  options: Parameters<typeof openModels>[0],
): Promise<AdminClient | undefined> {
  if (options.admin !== undefined) return new AdminClient(await findAdmin(options));
  try {
    const admin = new AdminClient(await findAdmin(options));
    await admin.json("/healthz");
    return admin;
  } catch {
    return undefined;
  }
}

function serverModels(admin: AdminClient): Models {
  return {
    async list(task) {
      const id = task ?? (await newestTask(admin)).id;
      const path = `/v1/tasks/${encodeURIComponent(id)}/checkpoints`;
      return (await admin.json<{ checkpoints: StoredCheckpoint[] }>(path)).checkpoints;
    },
    async read({ id }) {
      const modelJson = await admin.json<unknown>(`/v1/checkpoints/${id}/tfjs/model.json`);
      const bytes = await admin.bytes(`/v1/checkpoints/${id}/weights`);
      return { description: parseTfjsModel(modelJson).description, bytes };
    },
    close: () => Promise.resolve(),
  };
}

function storedModels(storage: Storage): Models {
  const { rounds, checkpoints } = storage;
  const find = async (id: string | undefined): Promise<StoredTask> => {
    const task =
      id === undefined
        ? (await rounds.tasks()).findLast(
            (one) => !("definition" in one) || !isStatisticsTask(one.definition),
          )
        : await rounds.task(taskId(id));
    if (task === undefined) throw noTask();
    return task;
  };
  return {
    async list(id) {
      return rounds.checkpoints((await find(id)).id);
    },
    async read(checkpoint) {
      const task = await find(checkpoint.taskId);
      const bytes = await checkpoints.get(checkpoint.id);
      if (bytes === undefined) {
        throw new TributaryError("CHECKPOINT_UNKNOWN", `Checkpoint ${checkpoint.id} is not stored`);
      }
      return { description: modelOfPlan(task.planBytes), bytes };
    },
    close: () => storage.close(),
  };
}
