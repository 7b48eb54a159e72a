import { packInitialState, type ModelState, type ModelTerms } from "@tributary/core";
import {
  TributaryError,
  decodeCheckpoint,
  type CheckpointId,
  type RandomSource,
} from "@tributary/protocol";
import { eventLoopTurn } from "../../runtime/event-loop-turn.ts";
import type { CheckpointStore } from "../../storage/checkpoint-store.ts";
import type { CheckpointRecord, RoundStore, StoredTask } from "../../storage/round-store.ts";
import type { ModelVersion, VersionReference } from "./model-version.ts";

/** What reading a version of a model needs. */
export interface ReadVersionDeps {
  readonly store: RoundStore;
  readonly checkpoints: CheckpointStore;
  /** Decides how values are rounded when the plan's encoding rounds them. */
  readonly random: RandomSource;
}

/**
 * Reads the newest committed version of a task's model. This happens when a task is loaded, and
 * before the first attempt after a failure.
 * @param known - The version that the caller holds. It is returned as it is when it is still the
 *   newest.
 * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
 */
export async function newestVersion(
  task: StoredTask,
  terms: ModelTerms,
  deps: ReadVersionDeps,
  known?: ModelVersion,
): Promise<ModelVersion> {
  const newest = await newestReference(task, deps.store);
  const { roundNumber, checkpointId } = newest;
  if (known?.roundNumber === roundNumber && known.checkpointId === checkpointId) return known;
  return { ...newest, state: await readState(checkpointId, terms, deps) };
}

/**
 * Names the newest committed version of a task's model, without reading it.
 * @throws TributaryError `STORAGE_UNAVAILABLE`.
 */
export async function newestReference(
  task: StoredTask,
  store: RoundStore,
): Promise<VersionReference> {
  const committed = await store.lastCommitted(task.id);
  return {
    roundNumber: committed?.roundNumber ?? 0,
    checkpointId: committed?.checkpoint ?? task.initialCheckpoint,
  };
}

/**
 * Reads an older version of a task's model.
 * @param roundNumber - The round that made it; 0 for the initial model.
 * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
 */
export async function versionOfRound(
  task: StoredTask,
  roundNumber: number,
  terms: ModelTerms,
  deps: ReadVersionDeps,
): Promise<ModelVersion> {
  const { id: checkpointId } = await checkpointOfRound(task, roundNumber, deps.store);
  return { roundNumber, checkpointId, state: await readState(checkpointId, terms, deps) };
}

/**
 * Finds the record of the checkpoint that a round made.
 * @param roundNumber - The round; 0 for the initial model.
 * @throws TributaryError `CHECKPOINT_UNKNOWN`.
 */
export async function checkpointOfRound(
  task: StoredTask,
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

async function readState(
  id: CheckpointId,
  terms: ModelTerms,
  { checkpoints, random }: ReadVersionDeps,
): Promise<ModelState> {
  const bytes = await checkpoints.get(id);
  if (bytes !== undefined) {
    const weights = decodeCheckpoint(bytes, terms.layout);
    return packInitialState(weights, terms, { random, yieldTurn: eventLoopTurn });
  }
  throw new TributaryError("CHECKPOINT_UNKNOWN", `Checkpoint ${id} is not stored`, {
    remedy: "Restore the data folder or the database from a backup.",
    context: { checkpoint: id },
  });
}
