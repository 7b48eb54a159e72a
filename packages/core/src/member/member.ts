import type { ErrorCode } from "@tributary/protocol";

/**
 * How far a member that is still at work has come:
 *
 * - `configuring`: it is being sent the plan and the model, and verifies them;
 * - `training`: it works on its examples, or evaluates the model on them;
 * - `asking`: it has announced its report and waits for its upload turn;
 * - `uploading`: it has an upload turn, and its report is coming in;
 * - `uploaded`: its report is complete and waits to be added to the sums;
 * - `adding`: its report is being added. From here on the report counts whatever the member does.
 */
export type WorkStage = "configuring" | "training" | "asking" | "uploading" | "uploaded" | "adding";

/** One member of a cohort, from its selection to its report or to the reason why there is none. */
export type MemberState =
  | {
      readonly stage: WorkStage;
      /** Its connection is lost, and it may come back over another one. */
      readonly isAway?: true;
    }
  /** Its report is in the sums. */
  | { readonly stage: "reported" }
  /** The server has refused its report. */
  | { readonly stage: "refused"; readonly code: ErrorCode }
  /** It has given up by itself and has said why. */
  | { readonly stage: "withdrew"; readonly code: ErrorCode }
  /** Its connection was lost. */
  | { readonly stage: "left"; readonly during: WorkStage };

/** What can happen to a member. */
export type MemberEvent =
  /** It has verified what it was sent, and begins to train. */
  | { readonly type: "configured" }
  /** It has announced its report. `isComplete` is true when no payload follows. */
  | { readonly type: "began"; readonly isComplete: boolean }
  /** It has been given an upload turn. */
  | { readonly type: "granted" }
  /** The last byte of its report has come. */
  | { readonly type: "uploaded" }
  /** The server has begun to add its report to the sums. */
  | { readonly type: "adding" }
  | { readonly type: "added" }
  | { readonly type: "refused"; readonly code: ErrorCode }
  | { readonly type: "withdrew"; readonly code: ErrorCode }
  /**
   * Its connection is lost, and it may come back. When nobody else is at work, the round waits for
   * it until `awaitedUntilMs`.
   */
  | { readonly type: "lost"; readonly awaitedUntilMs: number }
  /** It goes on over another connection. */
  | { readonly type: "returned" }
  /** While it was away, it has lost its upload turn and what had come of its report. */
  | { readonly type: "gaveWay" }
  /** Its connection is lost, and it does not come back. */
  | { readonly type: "left" };

/** The state of a member that has just been selected. */
export const SELECTED: MemberState = { stage: "configuring" };

/** Whether the member may still report. */
export function isAtWork(
  state: MemberState,
): state is { readonly stage: WorkStage; readonly isAway?: true } {
  switch (state.stage) {
    case "reported":
    case "refused":
    case "withdrew":
    case "left":
      return false;
    default:
      return true;
  }
}

/**
 * The state of a member after an event.
 *
 * Invariants: a member that is not at work any more never changes again; a report that is being
 * added can be refused, when it turns out not to be sound, but its sender cannot take it back. A
 * member that is away says nothing, but a report that was complete before goes its way.
 * @returns `undefined` when the event cannot happen in this state; the state then stays as it is.
 */
export function stepMember(state: MemberState, event: MemberEvent): MemberState | undefined {
  if (!isAtWork(state)) return undefined;
  const { stage, isAway } = state;
  const onlyIn = (from: WorkStage, next: MemberState): MemberState | undefined =>
    stage === from ? next : undefined;
  const ifPresent = (from: WorkStage, next: MemberState): MemberState | undefined =>
    isAway === true ? undefined : onlyIn(from, next);
  switch (event.type) {
    case "configured":
      return ifPresent("configuring", { stage: "training" });
    case "began":
      return ifPresent("training", { stage: event.isComplete ? "uploaded" : "asking" });
    case "granted":
      return ifPresent("asking", { stage: "uploading" });
    case "uploaded":
      return ifPresent("uploading", { stage: "uploaded" });
    case "adding":
      return onlyIn("uploaded", { ...state, stage: "adding" });
    case "lost":
      // Nobody keeps a place in the line for upload turns who could not use it.
      if (isAway === true) return undefined;
      return { stage: stage === "asking" ? "training" : stage, isAway: true };
    case "returned":
      return isAway === true ? { stage } : undefined;
    case "gaveWay":
      return isAway === true ? onlyIn("uploading", { ...state, stage: "training" }) : undefined;
    case "added":
      return onlyIn("adding", { stage: "reported" });
    case "refused":
      return { stage: "refused", code: event.code };
    case "withdrew":
      return stage === "adding" ? undefined : { stage: "withdrew", code: event.code };
    case "left":
      return stage === "adding" ? undefined : { stage: "left", during: stage };
  }
}
