import {
  TributaryError,
  checkpointId,
  decodeCheckpoint,
  layoutOf,
  modelOfPlan,
  taskId,
  writeTfjsModel,
  type CheckpointId,
  type TfjsModelFiles,
} from "@tributary/protocol";
import type { CheckpointStore } from "../storage/checkpoint-store.ts";
import type { CheckpointRecord, RoundStore } from "../storage/round-store.ts";
import {
  checkpointListSchema,
  checkpointParams,
  checkpointSchema,
  taskParams,
} from "./admin-schemas.ts";
import { jsonRoute, rawRoute, type Route } from "./route.ts";
import { requireTask } from "./task-routes.ts";

interface CheckpointRouteDeps {
  readonly store: RoundStore;
  readonly checkpoints: CheckpointStore;
}

/**
 * Routes that read checkpoints, the models that rounds have made: as records, as bytes and as tfjs
 * models.
 */
export function checkpointRoutes({ store, checkpoints }: CheckpointRouteDeps): readonly Route[] {
  const requireRecord = async (id: CheckpointId): Promise<CheckpointRecord> => {
    const record = await store.checkpoint(id);
    if (record === undefined) throw checkpointUnknown(id);
    return record;
  };
  const requireBytes = async (id: CheckpointId): Promise<Uint8Array> => {
    const bytes = await checkpoints.get(id);
    if (bytes === undefined) throw checkpointUnknown(id);
    return bytes;
  };
  const tfjsFiles = async (record: CheckpointRecord): Promise<TfjsModelFiles> => {
    const model = modelOfPlan((await requireTask(store, record.taskId)).planBytes);
    const bytes = await requireBytes(record.id);
    return writeTfjsModel(model, decodeCheckpoint(bytes, layoutOf(model.parameters)));
  };

  return [
    jsonRoute({
      method: "get",
      path: "/v1/tasks/{id}/checkpoints",
      operation: "listCheckpoints",
      summary: "Lists all checkpoints of a task.",
      params: taskParams,
      answer: { description: "The checkpoints, newest last.", schema: checkpointListSchema },
      errors: ["TASK_UNKNOWN"],
      async handle({ params }) {
        const task = await requireTask(store, taskId(params.id));
        return { json: { checkpoints: await store.checkpoints(task.id) } };
      },
    }),
    jsonRoute({
      method: "get",
      path: "/v1/tasks/{id}/checkpoints/latest",
      operation: "getLatestCheckpoint",
      summary:
        "Returns the newest checkpoint of a task. " +
        "Before the first committed round it is the initial model.",
      params: taskParams,
      answer: { description: "The checkpoint.", schema: checkpointSchema },
      errors: ["TASK_UNKNOWN", "CHECKPOINT_UNKNOWN"],
      async handle({ params }) {
        const task = await requireTask(store, taskId(params.id));
        const latest = (await store.checkpoints(task.id)).at(-1);
        if (latest === undefined) throw checkpointUnknown(task.initialCheckpoint);
        return { json: latest };
      },
    }),
    jsonRoute({
      method: "get",
      path: "/v1/checkpoints/{id}",
      operation: "getCheckpoint",
      summary:
        "Returns one checkpoint's record. " +
        "When several tasks have the same bytes, it is the first task's.",
      params: checkpointParams,
      answer: { description: "The checkpoint.", schema: checkpointSchema },
      errors: ["CHECKPOINT_UNKNOWN"],
      handle: async ({ params }) => ({ json: await requireRecord(checkpointId(params.id)) }),
    }),
    rawRoute({
      method: "get",
      path: "/v1/checkpoints/{id}/weights",
      operation: "getWeights",
      summary:
        "Returns a checkpoint's bytes: its parameters as little-endian float32, in layout order.",
      params: checkpointParams,
      answer: {
        description: "The bytes. The header `ETag` is the checkpoint's id.",
        contentType: "application/octet-stream",
      },
      errors: ["CHECKPOINT_UNKNOWN", "CHECKPOINT_CORRUPT"],
      async handle({ params }) {
        const { id } = await requireRecord(checkpointId(params.id));
        return { etag: id, content: () => requireBytes(id) };
      },
    }),
    rawRoute({
      method: "get",
      path: "/v1/checkpoints/{id}/tfjs/model.json",
      operation: "getTfjsModel",
      summary: "Returns the checkpoint as a tfjs LayersModel. `tf.loadLayersModel` takes this URL.",
      params: checkpointParams,
      answer: {
        description: "The model.json, which holds the topology and the weights manifest.",
        contentType: "application/json",
      },
      errors: ["CHECKPOINT_UNKNOWN", "CHECKPOINT_CORRUPT"],
      async handle({ params }) {
        const record = await requireRecord(checkpointId(params.id));
        return { content: async () => (await tfjsFiles(record))["model.json"] };
      },
    }),
    rawRoute({
      method: "get",
      path: "/v1/checkpoints/{id}/tfjs/weights.bin",
      operation: "getTfjsWeights",
      summary: "Returns the weights file of the checkpoint's tfjs model.",
      params: checkpointParams,
      answer: {
        description: "The bytes. The header `ETag` is the checkpoint's id.",
        contentType: "application/octet-stream",
      },
      errors: ["CHECKPOINT_UNKNOWN", "CHECKPOINT_CORRUPT"],
      async handle({ params }) {
        const record = await requireRecord(checkpointId(params.id));
        return {
          etag: record.id,
          content: async () => (await tfjsFiles(record))["weights.bin"],
        };
      },
    }),
  ];
}

function checkpointUnknown(id: CheckpointId): TributaryError {
  return new TributaryError("CHECKPOINT_UNKNOWN", `There is no checkpoint ${id}`, {
    remedy: "GET /v1/tasks/ID/checkpoints lists the checkpoints of a task.",
    context: { checkpoint: id },
  });
}
