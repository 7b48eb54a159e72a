import { encodeMemory, roundingOf, type ModelState } from "@tributary/core";
import {
  checkpointIdOf,
  type Clock,
  type CryptoProvider,
  encodeCheckpoint,
  type OptimizerMemoryId,
  type RandomSource,
  type RoundId,
  type TaskId,
  toHex,
} from "@tributary/protocol";
import { eventLoopTurn } from "../../runtime/event-loop-turn.ts";
import type {
  NewCheckpoint,
  ParticipationRecord,
  RoundRecord,
  RoundStore,
  TaskRecord,
} from "../../storage/round-store.ts";
import type { ModelVersion, VersionReference } from "../model/model-version.ts";
import { recordOf, rollbackRecord } from "./round-records.ts";
import type { RunningRound } from "./running-round.ts";

/** What committing a round needs. */
export interface CommitDeps {
  readonly store: RoundStore;
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** The record that has been stored, and the task's newest version of the model after it. */
export interface Committed {
  readonly record: RoundRecord;
  readonly version: ModelVersion;
}

/**
 * Combines the reports of a round and stores the result together with the round. Either everything
 * is stored or nothing.
 * @param participations - The devices that took part, if the task limits how often they may.
 * @throws TributaryError `STORAGE_UNAVAILABLE`, `TASK_STATE_CONFLICT`, or what the collection
 *   throws when the reports cannot be combined.
 */
export async function commitRound(
  round: RunningRound,
  participations: readonly ParticipationRecord[],
  { store, crypto, random }: CommitDeps,
): Promise<Committed> {
  const { collection } = round;
  const { number, taskId, taskName, version: before } = round.facts;
  const yieldTurn = eventLoopTurn;
  await collection.close();
  const rounding = roundingOf(random, taskName, number);
  const state = await collection.combine(before.state, { random: rounding, yieldTurn });
  if (state === undefined) {
    const end = { checkpoint: null, reason: null, endedAtMs: round.nowMs };
    const record = recordOf(round, end);
    await store.commit({ round: record });
    return { record, version: before };
  }
  await yieldTurn(); // a model takes milliseconds to copy and to hash, here and in the store
  const checkpointId = checkpointIdOf(crypto, encodeCheckpoint(state.weights));
  await yieldTurn();
  const optimizerMemory = memoryIdOf(crypto, state);
  const endedAtMs = round.nowMs;
  const record = recordOf(round, { checkpoint: checkpointId, reason: null, endedAtMs });
  const version: ModelVersion = {
    roundNumber: number,
    checkpointId,
    optimizerMemory,
    state,
    ...(state.difference === undefined ? {} : { differenceFrom: before.checkpointId }),
  };
  await yieldTurn();
  await store.commit({
    round: record,
    checkpoint: newCheckpoint(version, taskId, endedAtMs),
    participations,
  });
  await yieldTurn();
  return { record, version };
}

/**
 * Makes an older version of a model the newest, as a round of its own.
 * @throws TributaryError `STORAGE_UNAVAILABLE`, or `TASK_STATE_CONFLICT` when there is a newer
 *   version than `newest`.
 */
export async function commitRollback(
  id: RoundId,
  task: TaskRecord,
  { newest, target }: { readonly newest: VersionReference; readonly target: ModelVersion },
  { store, clock }: Pick<CommitDeps, "store" | "clock">,
): Promise<Committed> {
  const record = rollbackRecord(id, task.id, newest, target, clock.now());
  const { checkpointId, optimizerMemory } = target;
  // The difference and the residual of the older version do not belong to the version before this
  // round, so that both are dropped.
  const { difference: _, residual: __, ...state } = target.state;
  const version = { roundNumber: record.number, checkpointId, optimizerMemory, state };
  await store.commit({
    round: record,
    checkpoint: newCheckpoint(version, task.id, record.endedAtMs),
  });
  return { record, version };
}

function newCheckpoint(
  { checkpointId: id, roundNumber, optimizerMemory, state }: ModelVersion,
  taskId: TaskId,
  createdAtMs: number,
): NewCheckpoint {
  const bytes = encodeCheckpoint(state.weights);
  const byteLength = bytes.length;
  return {
    record: { id, taskId, roundNumber, byteLength, createdAtMs, optimizerMemory },
    bytes,
    ...(state.memory === undefined ? {} : { optimizerMemory: encodeMemory(state.memory) }),
  };
}

function memoryIdOf(crypto: CryptoProvider, { memory }: ModelState): OptimizerMemoryId | null {
  if (memory === undefined) return null;
  return toHex(crypto.sha256(encodeMemory(memory))) as OptimizerMemoryId;
}
