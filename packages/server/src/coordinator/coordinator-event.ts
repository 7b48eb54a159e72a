import type { ErrorCode, RoundId, RoundPurpose, TaskId, TributaryError } from "@tributary/protocol";
import type { MemberStage } from "../rounds/fates.ts";
import type { RoundState } from "../rounds/round.ts";
import type { RoundRecord } from "../storage/round-store.ts";

/** What happens in the coordinator, for logs, metrics and whoever watches a run. */
export type CoordinatorEvent =
  | { readonly type: "task-state"; readonly taskId: TaskId; readonly state: string }
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
      readonly cohort: number;
    }
  | {
      readonly type: "report-accepted";
      readonly roundId: RoundId;
      readonly accepted: number;
      readonly goalCount: number;
    }
  | { readonly type: "report-refused"; readonly roundId: RoundId; readonly error: TributaryError }
  | { readonly type: "member-withdrew"; readonly roundId: RoundId; readonly code: ErrorCode }
  | { readonly type: "member-left"; readonly roundId: RoundId; readonly stage: MemberStage }
  /** A round has gone on to its next phase. */
  | {
      readonly type: "phase-ended";
      readonly roundId: RoundId;
      readonly phase: RoundState["phase"];
      readonly durationMs: number;
    }
  /** A client that checked in was told to come back another time. */
  | { readonly type: "check-in-rejected"; readonly code: ErrorCode }
  /** A round that had a cohort, or that too few came for: `round.outcome` says whether it was committed or abandoned. */
  | { readonly type: "round-ended"; readonly round: RoundRecord };

/** Is called with each event. What it throws is logged and changes nothing. */
export type CoordinatorListener = (event: CoordinatorEvent) => void;
