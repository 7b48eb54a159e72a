import {
  decodeMemory,
  packInitialState,
  serverOptimizer,
  type ModelState,
  type ModelTerms,
} from "@tributary/core";
import {
  TributaryError,
  decodeCheckpoint,
  type CheckpointId,
  type ContentId,
  type RandomSource,
} from "@tributary/protocol";
import { eventLoopTurn } from "../../runtime/event-loop-turn.ts";
import type { CheckpointStore } from "../../storage/checkpoint-store.ts";
import type {
  CheckpointRecord,
  RoundStore,
  StoredTask,
  TaskRecord,
} from "../../storage/round-store.ts";
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
    optimizerMemory: committed?.optimizerMemory ?? null,
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
  const record = await checkpointOfRound(task, roundNumber, deps.store);
  const { id: checkpointId, optimizerMemory } = record;
  const state = await readState(checkpointId, terms, deps);
  return { roundNumber, checkpointId, optimizerMemory, state };
}

/**
 * Completes a version of a model with what the task's server optimizer remembers of it. The next
 * round begins with that.
 * @throws TributaryError `CHECKPOINT_UNKNOWN`, `CHECKPOINT_CORRUPT` or `STORAGE_UNAVAILABLE`.
 */
export async function withMemory(
  version: ModelVersion,
  { definition }: TaskRecord,
  { dimension }: ModelTerms,
  { checkpoints }: Pick<ReadVersionDeps, "checkpoints">,
): Promise<ModelVersion> {
  const { optimizerMemory: id, state } = version;
  if (id === null || state.memory !== undefined) return version;
  const bytes = await requireStored(id, "The optimizer's memory", checkpoints);
  const memory = decodeMemory(bytes, serverOptimizer(definition.serverOptimizer), dimension);
  return { ...version, state: { ...state, memory } };
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
  const weights = decodeCheckpoint(
    await requireStored(id, "Checkpoint", checkpoints),
    terms.layout,
  );
  return packInitialState(weights, terms, { random, yieldTurn: eventLoopTurn });
}

async function requireStored(
  id: ContentId,
  what: string,
  checkpoints: CheckpointStore,
): Promise<Uint8Array> {
  const bytes = await checkpoints.get(id);
  if (bytes !== undefined) return bytes;
  throw new TributaryError("CHECKPOINT_UNKNOWN", `${what} ${id} is not stored`, {
    remedy: "Restore the data folder or the database from a backup.",
    context: { checkpoint: id },
  });
}
