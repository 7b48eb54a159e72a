import type { RoundState, TaskEndReason, WorkStage } from "@tributary/core";
import type { ErrorCode, RoundId, RoundPurpose, TaskId, TributaryError } from "@tributary/protocol";
import type { RoundRecord, TaskState } from "../storage/round-store.ts";

/**
 * An event in a server, for logs, metrics and programs that watch a run.
 *
 * The events of one round come in this order:
 *
 * 1. `round-opened`;
 * 2. `phase-ended` for `selecting`, then `round-started`; a round that is given up before it has a
 *    cohort goes straight to 5;
 * 3. in any order, one `report-accepted`, `report-refused`, `member-withdrew` or `member-left` for
 *    each member whose work has ended;
 * 4. `phase-ended` for `configuring`, `reporting` and `committing`, each when the phase ends;
 * 5. `round-ended`, once the record of the round is stored. A round that had no cohort has a record
 *    only if too few clients came for it; without a record this event is left out.
 *
 * `task-state` with `finished` follows the `round-ended` of the task's last round. A rollback and a
 * measurement that an operator sends are `round-ended` events alone.
 */
export type ServerEvent =
  /** The server has started, and its store holds this task, which has not ended. */
  | {
      readonly type: "task-found";
      readonly taskId: TaskId;
      readonly state: TaskState;
      /** The number of the task's newest committed round; 0 for the initial model. */
      readonly roundNumber: number;
    }
  /** A task has been created, or its state has changed. */
  | {
      readonly type: "task-state";
      readonly taskId: TaskId;
      readonly state: TaskState;
      /**
       * Why, where the server has changed the state by itself: why the task has finished, or the
       * error for which all clients refuse it. Null for an operator's order.
       */
      readonly reason: TaskEndReason | ErrorCode | null;
    }
  /** Why a running task does not get on now; `problem` is null once it gets on again. */
  | {
      readonly type: "task-problem";
      readonly taskId: TaskId;
      readonly problem: TaskProblem | null;
    }
  | {
      readonly type: "round-opened";
      readonly taskId: TaskId;
      readonly roundId: RoundId;
      readonly purpose: RoundPurpose;
      readonly roundNumber: number;
    }
  | {
      readonly type: "round-started";
      readonly taskId: TaskId;
      readonly roundId: RoundId;
      readonly purpose: RoundPurpose;
      readonly roundNumber: number;
      /** Number of members that have taken their seats. */
      readonly cohort: number;
    }
  | {
      readonly type: "report-accepted";
      readonly roundId: RoundId;
      /** Reports that have been added so far. */
      readonly accepted: number;
      readonly goalCount: number;
    }
  | { readonly type: "report-refused"; readonly roundId: RoundId; readonly error: TributaryError }
  | { readonly type: "member-withdrew"; readonly roundId: RoundId; readonly code: ErrorCode }
  /**
   * A member's connection was lost, and it has not come back or may not; `stage` is how far the
   * member had come.
   */
  | { readonly type: "member-left"; readonly roundId: RoundId; readonly stage: WorkStage }
  | {
      readonly type: "phase-ended";
      readonly roundId: RoundId;
      readonly phase: RoundState["phase"];
      readonly durationMs: number;
    }
  /** A client that checked in was told to come back another time. */
  | { readonly type: "check-in-rejected"; readonly code: ErrorCode }
  /** `round.outcome` says whether the round was committed or abandoned. */
  | { readonly type: "round-ended"; readonly round: RoundRecord }
  /** A client's session ended with an error. */
  | { readonly type: "session-failed"; readonly code: ErrorCode }
  /** The gateway refused or cut a connection by itself, before it had a session or without it. */
  | { readonly type: "connection-cut"; readonly reason: CutReason }
  /**
   * A request to the admin API was refused because of its token: `wrong` if it had a wrong one,
   * `too-many` if so many wrong ones came from its address that it was not looked at.
   */
  | { readonly type: "admin-token-refused"; readonly reason: "wrong" | "too-many" }
  /** A request was refused because requests came too fast. `share` says whose share was used up. */
  | { readonly type: "request-limited"; readonly share: "session" | "address" | "device" };

/** Why a task that is running by its state does not get on. */
export interface TaskProblem {
  readonly code: ErrorCode;
  /** What has happened and what to do about it, for people. */
  readonly message: string;
}

/** Why the gateway has refused or cut a connection by itself. */
export type CutReason = (typeof CUT_REASONS)[number];

/** All reasons for which the gateway refuses or cuts a connection by itself. */
export const CUT_REASONS = [
  "server-full",
  "too-many-pending",
  "address-connections",
  "address-rate",
  "handshake-timeout",
  "not-a-websocket",
  "bad-request",
  "bad-tls",
  "silent",
  "slow-reader",
  "probes",
] as const;
