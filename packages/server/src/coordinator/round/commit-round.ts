import { roundingOf } from "@tributary/core";
import {
  checkpointIdOf,
  type Clock,
  type CryptoProvider,
  encodeCheckpoint,
  type RandomSource,
  type RoundId,
  type TaskId,
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
  const bytes = encodeCheckpoint(state.weights);
  const checkpointId = checkpointIdOf(crypto, bytes);
  const endedAtMs = round.nowMs;
  const record = recordOf(round, { checkpoint: checkpointId, reason: null, endedAtMs });
  const version: ModelVersion = {
    roundNumber: number,
    checkpointId,
    state,
    ...(state.difference === undefined ? {} : { differenceFrom: before.checkpointId }),
  };
  await yieldTurn();
  await store.commit({
    round: record,
    checkpoint: newCheckpoint(version, bytes, taskId, endedAtMs),
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
  const { weights, packed } = target.state;
  // The difference and the residual of the older version do not belong to the version before this
  // round, so that both are dropped.
  const version: ModelVersion = {
    roundNumber: record.number,
    checkpointId: target.checkpointId,
    state: { weights, ...(packed === undefined ? {} : { packed }) },
  };
  const bytes = encodeCheckpoint(weights);
  await store.commit({
    round: record,
    checkpoint: newCheckpoint(version, bytes, task.id, record.endedAtMs),
  });
  return { record, version };
}

function newCheckpoint(
  { checkpointId, roundNumber }: ModelVersion,
  bytes: Uint8Array,
  taskId: TaskId,
  createdAtMs: number,
): NewCheckpoint {
  const byteLength = bytes.length;
  return { record: { id: checkpointId, taskId, roundNumber, byteLength, createdAtMs }, bytes };
}
