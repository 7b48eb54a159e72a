// Makes the records of rounds that have ended, and of operator evaluations and rollbacks, which are
// part of a task's history like rounds.
import { NO_FATES, sumOfFates, type AbandonReason, type RoundKind } from "@tributary/core";
import type { CheckpointId, RoundId, TaskId } from "@tributary/protocol";
import type { RoundRecord } from "../../storage/round-store.ts";
import type { VersionReference } from "../model/model-version.ts";
import type { RunningRound } from "./running-round.ts";

/**
 * The record of a round that clients were asked to take part in.
 * @param end.checkpoint - The checkpoint that the round has made; null when it has made none.
 * @param end.reason - Why the round was abandoned; null when it was not.
 */
export function recordOf(
  round: RunningRound,
  end: {
    readonly checkpoint: CheckpointId | null;
    readonly reason: string | null;
    readonly endedAtMs: number;
  },
): RoundRecord {
  const { collection, startedAtMs } = round;
  const { id, taskId, number, version } = round.facts;
  // An abandoned round may have one report only, whose results would be one client's.
  const { exampleCount } = end.reason === null ? collection : { exampleCount: 0 };
  const { metrics, detail } =
    end.reason === null ? collection.measured() : { metrics: {}, detail: {} };
  return {
    id,
    taskId,
    kind: collection.purpose,
    number,
    outcome: end.reason === null ? "committed" : "abandoned",
    startedAtMs,
    endedAtMs: end.endedAtMs,
    baseCheckpoint: version.checkpointId,
    checkpoint: end.checkpoint,
    reason: end.reason,
    attempts: 1,
    roundTimeMs: Math.max(0, end.endedAtMs - startedAtMs),
    exampleCount,
    metrics,
    metricDetail: detail,
    ...round.tally(),
  };
}

/**
 * Whether an abandoned round deserves a record: clients were selected for it, or it was abandoned
 * for another reason than that it was called off.
 */
export function isWorthRecording({ selected }: RoundRecord, reason: AbandonReason): boolean {
  switch (reason) {
    case "cancelled":
    case "rolled-back":
    case "not-scheduled":
    case "server-stopping":
      return selected > 0;
    default:
      return true;
  }
}

/**
 * Adds one more attempt to the record of attempts that ended the same way.
 * @param run - Keeps its id, which is that of the first attempt.
 */
export function extendRun(run: RoundRecord, attempt: RoundRecord): RoundRecord {
  const sum = (
    field:
      | "attempts"
      | "roundTimeMs"
      | "selected"
      | "rejected"
      | "droppedOut"
      | "bytesUp"
      | "bytesDown",
  ): number => run[field] + attempt[field];
  return {
    ...run,
    endedAtMs: attempt.endedAtMs,
    attempts: sum("attempts"),
    roundTimeMs: sum("roundTimeMs"),
    selected: sum("selected"),
    rejected: sum("rejected"),
    droppedOut: sum("droppedOut"),
    fates: sumOfFates(run.fates, attempt.fates),
    bytesUp: sum("bytesUp"),
    bytesDown: sum("bytesDown"),
  };
}

/** The record of a return from the newest version of a model to an older one. */
export function rollbackRecord(
  id: RoundId,
  taskId: TaskId,
  newest: VersionReference,
  target: VersionReference,
  nowMs: number,
): RoundRecord {
  return {
    ...withoutCohort(id, taskId, "rollback", nowMs),
    number: newest.roundNumber + 1,
    baseCheckpoint: newest.checkpointId,
    checkpoint: target.checkpointId,
    reason: `back to round ${target.roundNumber}`,
  };
}

/** The record of how well a checkpoint did on the operator's own examples. */
export function operatorEvaluationRecord(
  id: RoundId,
  taskId: TaskId,
  measured: {
    readonly roundNumber: number;
    readonly checkpoint: CheckpointId;
    readonly exampleCount: number;
    readonly metrics: Readonly<Record<string, number>>;
  },
  nowMs: number,
): RoundRecord {
  return {
    ...withoutCohort(id, taskId, "operator-evaluation", nowMs),
    number: measured.roundNumber,
    baseCheckpoint: measured.checkpoint,
    checkpoint: null,
    reason: null,
    exampleCount: measured.exampleCount,
    metrics: measured.metrics,
  };
}

/** The part of a record that is the same for everything in which no client took part. */
function withoutCohort(
  id: RoundId,
  taskId: TaskId,
  kind: RoundKind,
  nowMs: number,
): Omit<RoundRecord, "number" | "baseCheckpoint" | "checkpoint" | "reason"> {
  return {
    id,
    taskId,
    kind,
    outcome: "committed",
    startedAtMs: nowMs,
    endedAtMs: nowMs,
    attempts: 1,
    roundTimeMs: 0,
    selected: 0,
    reported: 0,
    rejected: 0,
    droppedOut: 0,
    fates: NO_FATES,
    exampleCount: 0,
    bytesUp: 0,
    bytesDown: 0,
    metrics: {},
    metricDetail: {},
  };
}
