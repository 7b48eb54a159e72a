import { cohortSize } from "@tributary/core";
import { minimumReports, type RoundId, type RoundPurpose, type TaskId } from "@tributary/protocol";
import type { RunningRound } from "./running-round.ts";

/** Clients that a round cannot use, counted by reason. */
export interface UnusableCounts {
  /** Clients that wait, for another task or for a later round. */
  readonly waiting: Readonly<Record<string, number>>;
  /** Check-ins that were turned away since the round was opened. */
  readonly turnedAway: Readonly<Record<string, number>>;
}

/** How far a round has come that has not ended. Counts are of clients. */
export interface RoundInFlight {
  readonly id: RoundId;
  readonly taskId: TaskId;
  readonly kind: RoundPurpose;
  readonly number: number;
  readonly phase: RunningRound["phase"];
  /** Since when the round is open, in milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  /** Milliseconds since the round was opened. */
  readonly elapsedMs: number;
  /** Clients that the round gathers before it starts. */
  readonly needed: number;
  /** Reports that close the round. */
  readonly goal: number;
  /** The fewest reports with which it commits. */
  readonly minimum: number;
  /** Clients that have come for it and are not selected yet. */
  readonly gathered: number;
  readonly selected: number;
  readonly atWork: number;
  readonly reported: number;
  /** Clients that the round still waits for: to be gathered, and then to report. */
  readonly missing: number;
  /** Counts the clients that it cannot use. This looks at every client that waits. */
  readonly unusable: () => UnusableCounts;
}

/** Says how far a round has come. */
export function roundInFlight(round: RunningRound, unusable: () => UnusableCounts): RoundInFlight {
  const { id, facts, collection, state, startedAtMs } = round;
  const { taskId, number, policy } = facts;
  const { phase } = state;
  const needed = cohortSize(policy);
  const gathered = phase === "selecting" ? state.waiting.size : 0;
  const { size: selected, atWork, reported } = "cohort" in state ? state.cohort : NO_COHORT;
  const left = phase === "selecting" ? needed - gathered : policy.goalCount - reported;
  return {
    id,
    taskId,
    kind: collection.purpose,
    number,
    phase,
    startedAtMs,
    elapsedMs: round.nowMs - startedAtMs,
    needed,
    goal: policy.goalCount,
    minimum: minimumReports(policy),
    gathered,
    selected,
    atWork,
    reported,
    missing: Math.max(0, left),
    unusable,
  };
}

const NO_COHORT = { size: 0, atWork: 0, reported: 0 };
