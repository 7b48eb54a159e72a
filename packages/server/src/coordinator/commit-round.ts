// The writes that end a round, or stand for one: each is one record, with the checkpoint that it makes if it makes one.
import {
  checkpointIdOf,
  encodeCheckpoint,
  type CryptoProvider,
  type RandomSource,
  type RoundId,
  type TaskId,
} from "@tributary/protocol";
import { serverStep } from "@tributary/core";
import type { ParticipationLimits } from "../enrolment/participation-limits.ts";
import type { NewCheckpoint, RoundRecord, RoundStore, TaskRecord } from "../storage/round-store.ts";
import type { Clock } from "../runtime/clock.ts";
import { eventLoopTurn } from "../runtime/event-loop-turn.ts";
import { recordOf, rollbackRecord } from "./round-records.ts";
import type { RunningRound } from "./running-round.ts";
import type { ModelVersion } from "./model/model-version.ts";
import type { ModelSealer } from "./model/model-sealer.ts";

interface CommitDeps {
  readonly store: RoundStore;
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** What has been written, and the task's newest checkpoint from there on. */
export interface Committed {
  readonly record: RoundRecord;
  readonly base: ModelVersion;
}

/**
 * Makes the next checkpoint of a training round's reports, and writes it down with the round: all or nothing.
 * @throws TributaryError `STORAGE_UNAVAILABLE`, `TASK_STATE_CONFLICT`; what the rule throws when the reports come to no update.
 */
export async function commitTraining(
  task: TaskRecord,
  model: ModelSealer,
  round: RunningRound,
  limits: ParticipationLimits,
  deps: CommitDeps,
): Promise<Committed> {
  const { crypto, store, clock, random } = deps;
  const { base, number } = round.facts;
  const update = await round.aggregate.combine(eventLoopTurn);
  const { learningRate } = task.definition.serverOptimizer;
  const yieldTurn = eventLoopTurn;
  const state = await serverStep(base.state, update, model.terms, learningRate, {
    random,
    yieldTurn,
  });
  await yieldTurn(); // a model takes milliseconds to copy and to hash, here and in the store
  const bytes = encodeCheckpoint(state.weights);
  const checkpointId = checkpointIdOf(crypto, bytes);
  const endedAtMs = clock.now();
  const record = recordOf(round, task.id, { checkpoint: checkpointId, reason: null, endedAtMs });
  const participations = limits.records(number);
  await yieldTurn();
  const next: ModelVersion = {
    roundNumber: number,
    checkpointId,
    state,
    ...(state.difference === undefined ? {} : { differenceFrom: base.checkpointId }),
  };
  const checkpoint = storedCheckpoint(next, bytes, task.id, endedAtMs);
  await store.commit({ round: record, checkpoint, participations });
  await yieldTurn();
  return { record, base: next };
}

/** Writes down what clients have measured; the task's checkpoint stays. @throws TributaryError `STORAGE_UNAVAILABLE`. */
export async function commitEvaluation(
  task: TaskRecord,
  round: RunningRound,
  { store, clock }: CommitDeps,
): Promise<RoundRecord> {
  const end = { checkpoint: null, reason: null, endedAtMs: clock.now() };
  const record = recordOf(round, task.id, end);
  await store.commit({ round: record });
  return record;
}

/**
 * Makes an older checkpoint the newest, as a round of its own.
 * @throws TributaryError `STORAGE_UNAVAILABLE`, or `TASK_STATE_CONFLICT` when there is a newer one than `newest`.
 */
export async function commitRollback(
  id: RoundId,
  task: TaskRecord,
  { newest, target }: { readonly newest: ModelVersion; readonly target: ModelVersion },
  { store, clock }: CommitDeps,
): Promise<Committed> {
  const record = rollbackRecord(id, task.id, newest, target, clock.now());
  // Whatever led to it then leads from elsewhere now.
  const { checkpointId } = target;
  const { weights, packed } = target.state;
  const state = { weights, ...(packed === undefined ? {} : { packed }) };
  const base: ModelVersion = { roundNumber: record.number, checkpointId, state };
  const bytes = encodeCheckpoint(weights);
  const checkpoint = storedCheckpoint(base, bytes, task.id, record.endedAtMs);
  await store.commit({ round: record, checkpoint });
  return { record, base };
}

function storedCheckpoint(
  { checkpointId, roundNumber }: ModelVersion,
  bytes: Uint8Array,
  taskId: TaskId,
  createdAtMs: number,
): NewCheckpoint {
  const byteLength = bytes.length;
  return { record: { id: checkpointId, taskId, roundNumber, byteLength, createdAtMs }, bytes };
}
