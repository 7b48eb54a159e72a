import {
  TributaryError,
  decodeCheckpoint,
  type CheckpointId,
  type RandomSource,
} from "@tributary/protocol";
import type { CheckpointStore } from "../storage/checkpoint-store.ts";
import type { CheckpointRecord, RoundStore, TaskRecord } from "../storage/round-store.ts";
import { eventLoopTurn } from "./event-loop-turn.ts";
import { packedStart } from "./packed-step.ts";
import type { TaskModel } from "./task-model.ts";

/** Where a task's model is read from. */
export interface TaskBaseDeps {
  readonly store: RoundStore;
  readonly checkpoints: CheckpointStore;
  readonly random: RandomSource;
}

/** The newest committed state of a task's model. */
export interface TaskBase {
  /** 0 before the first round. */
  readonly roundNumber: number;
  readonly checkpointId: CheckpointId;
  /** Float32, shape [layout.size]; not to be modified. */
  readonly weights: Float32Array;
  /** The values as they travel whole, where they do not travel as they are. */
  readonly packed?: Uint8Array;
  /**
   * What the step that made it meant and the checkpoint could not say, shape [layout.size]. It is in memory alone: a restart
   * loses less than one rounding.
   */
  readonly residual?: Float32Array;
  /** What leads to it from the checkpoint before, while this process has it. */
  readonly difference?: { readonly base: CheckpointId; readonly packed: Uint8Array };
}

/**
 * Reads what the store holds of a task's model: the one place where a start, and an attempt after a failure, begin.
 * @param known - Returned as it is when it is still the newest.
 * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
 */
export async function newestBase(
  task: TaskRecord,
  model: TaskModel,
  stores: TaskBaseDeps,
  known?: TaskBase,
): Promise<TaskBase> {
  const committed = await stores.store.lastCommitted(task.id);
  const roundNumber = committed?.roundNumber ?? 0;
  const checkpointId = committed?.checkpoint ?? task.initialCheckpoint;
  if (known?.roundNumber === roundNumber && known.checkpointId === checkpointId) return known;
  return { roundNumber, checkpointId, ...(await readWeights(checkpointId, model, stores)) };
}

/**
 * Reads an older state of a task's model.
 * @param roundNumber - The round that made it; 0 for the initial model.
 * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
 */
export async function baseOfRound(
  task: TaskRecord,
  roundNumber: number,
  model: TaskModel,
  stores: TaskBaseDeps,
): Promise<TaskBase> {
  const record = await checkpointOfRound(task, roundNumber, stores.store);
  return { roundNumber, checkpointId: record.id, ...(await readWeights(record.id, model, stores)) };
}

/** @throws TributaryError `CHECKPOINT_UNKNOWN`. */
export async function checkpointOfRound(
  task: TaskRecord,
  roundNumber: number,
  store: RoundStore,
): Promise<CheckpointRecord> {
  const records = await store.checkpoints(task.id);
  const record = records.find((each) => each.roundNumber === roundNumber);
  if (record !== undefined) return record;
  throw new TributaryError(
    "CHECKPOINT_UNKNOWN",
    `Task "${task.name}" has no checkpoint of round ${roundNumber}`,
    {
      remedy: "`tributary model list` names the checkpoints with their rounds.",
      context: { task: task.id, roundNumber },
    },
  );
}

async function readWeights(
  id: CheckpointId,
  { layout, plan }: TaskModel,
  { checkpoints, random }: TaskBaseDeps,
): Promise<Pick<TaskBase, "weights" | "packed">> {
  const bytes = await checkpoints.get(id);
  if (bytes !== undefined) {
    const weights = decodeCheckpoint(bytes, layout);
    return packedStart(weights, plan.download, { random, rest: eventLoopTurn });
  }
  throw new TributaryError("CHECKPOINT_UNKNOWN", `Checkpoint ${id} is not stored`, {
    remedy: "Restore the data folder or the database from a backup.",
    context: { checkpoint: id },
  });
}
