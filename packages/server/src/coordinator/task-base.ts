import {
  TributaryError,
  decodeCheckpoint,
  type CheckpointId,
  type ParameterLayout,
} from "@tributary/protocol";
import type { CheckpointStore } from "../storage/checkpoint-store.ts";
import type { RoundStore, TaskRecord } from "../storage/round-store.ts";

/** The newest committed state of a task's model. */
export interface TaskBase {
  /** 0 before the first round. */
  readonly roundNumber: number;
  readonly checkpointId: CheckpointId;
  /** Float32, shape [layout.size]; not to be modified. */
  readonly weights: Float32Array;
}

/**
 * Reads what the store holds of a task's model: the one place where a start, and an attempt after a failure, begin.
 * @param known - Returned as it is when it is still the newest.
 * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
 */
export async function newestBase(
  task: TaskRecord,
  layout: ParameterLayout,
  stores: { readonly store: RoundStore; readonly checkpoints: CheckpointStore },
  known?: TaskBase,
): Promise<TaskBase> {
  const committed = await stores.store.lastCommitted(task.id);
  const roundNumber = committed?.roundNumber ?? 0;
  const checkpointId = committed?.checkpoint ?? task.initialCheckpoint;
  if (known?.roundNumber === roundNumber && known.checkpointId === checkpointId) return known;
  const bytes = await stores.checkpoints.get(checkpointId);
  if (bytes === undefined) {
    throw new TributaryError("CHECKPOINT_UNKNOWN", `Checkpoint ${checkpointId} is not stored`, {
      remedy: "Restore the data folder or the database from a backup.",
      context: { task: task.name },
    });
  }
  return { roundNumber, checkpointId, weights: decodeCheckpoint(bytes, layout) };
}
