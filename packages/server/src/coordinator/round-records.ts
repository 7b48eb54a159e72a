import type { CheckpointId, RoundId, TaskId } from "@tributary/protocol";
import { NO_FATES, type RoundKind } from "@tributary/core";
import type { RoundRecord } from "../storage/round-store.ts";
import type { RunningRound } from "./running-round.ts";
import type { ModelVersion } from "./model/model-version.ts";

/** What is written down of a round that has had its cohort. @param end.reason - Why it was abandoned; null when it was not. */
export function recordOf(
  round: RunningRound,
  taskId: TaskId,
  end: {
    readonly checkpoint: CheckpointId | null;
    readonly reason: string | null;
    readonly endedAtMs: number;
  },
): RoundRecord {
  const { id, facts, aggregate } = round;
  return {
    id,
    taskId,
    kind: facts.purpose,
    number: facts.number,
    outcome: end.reason === null ? "committed" : "abandoned",
    startedAtMs: facts.startedAtMs,
    endedAtMs: end.endedAtMs,
    baseCheckpoint: facts.base.checkpointId,
    checkpoint: end.checkpoint,
    reason: end.reason,
    exampleCount: aggregate.exampleCount,
    // A round that was given up may have the report of one client alone.
    metrics: end.reason === null ? aggregate.metricMeans() : {},
    ...round.tally(),
  };
}

/** A record of something that no client took part in. */
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
    selected: 0,
    reported: 0,
    rejected: 0,
    droppedOut: 0,
    fates: NO_FATES,
    exampleCount: 0,
    bytesUp: 0,
    bytesDown: 0,
    metrics: {},
  };
}

/** A return from the newest checkpoint to an older one. */
export function rollbackRecord(
  id: RoundId,
  taskId: TaskId,
  newest: ModelVersion,
  target: ModelVersion,
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

/** What the operator has measured on examples of their own. */
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
