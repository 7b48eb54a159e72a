import type { RoundId, TaskId, TributaryError } from "@tributary/protocol";
import type { RoundRecord } from "../storage/round-store.ts";

/** What happens in the coordinator, for logs, metrics and whoever watches a run. */
export type CoordinatorEvent =
  | { readonly type: "task-state"; readonly taskId: TaskId; readonly state: string }
  | {
      readonly type: "round-opened";
      readonly taskId: TaskId;
      readonly roundId: RoundId;
      readonly roundNumber: number;
    }
  | {
      readonly type: "round-started";
      readonly taskId: TaskId;
      readonly roundId: RoundId;
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
  | { readonly type: "member-withdrew"; readonly roundId: RoundId }
  | { readonly type: "member-left"; readonly roundId: RoundId }
  /** `round.outcome` says whether it was committed or abandoned. */
  | { readonly type: "round-ended"; readonly round: RoundRecord };

export type CoordinatorListener = (event: CoordinatorEvent) => void;
