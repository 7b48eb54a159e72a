import type { RunningRound } from "../round/running-round.ts";

/** What a task is doing now. */
export type TaskActivity =
  | { readonly name: "stopped" }
  /** Waits for its schedule, or until a failure may have passed. */
  | {
      readonly name: "waiting";
      readonly cause: "schedule" | "failure";
      /** By the monotonic clock, as are the other times here. */
      readonly untilMs: number;
      readonly wake: () => void;
    }
  | { readonly name: "round"; readonly round: RunningRound }
  /** The round has closed: its members are being told, and its record is being stored. */
  | {
      readonly name: "ending";
      readonly round: RunningRound;
      readonly retryAtMs: number | undefined;
    }
  /** Reads again what the store holds. */
  | { readonly name: "reading" }
  /** Stores that it has come to its end. */
  | { readonly name: "finishing" };

/** The round that has members, if there is one. */
export function roundOfActivity(activity: TaskActivity): RunningRound | undefined {
  return activity.name === "round" || activity.name === "ending" ? activity.round : undefined;
}

/** When a task that makes no attempts now goes on; `undefined` for a task that does not pause. */
export function pausedUntilMs(activity: TaskActivity): number | undefined {
  if (activity.name === "waiting") return activity.untilMs;
  return activity.name === "ending" ? activity.retryAtMs : undefined;
}
