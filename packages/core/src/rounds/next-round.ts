import type { TaskDefinition } from "@tributary/protocol";
import { opensAtMs } from "./schedule.ts";
import type { TaskEndReason, TaskHistory } from "./task-history.ts";

/** What a task does next while no round of it is in flight. */
export type NextRound =
  /** The task begins a training round. */
  | { readonly type: "training" }
  /** Clients measure the checkpoint of this round; 0 stands for the initial model. */
  | { readonly type: "evaluation"; readonly roundNumber: number }
  /** The schedule allows no round before this time, in milliseconds since the Unix epoch. */
  | { readonly type: "wait"; readonly untilMs: number }
  /** The task has come to its end and begins no further round. */
  | { readonly type: "finished"; readonly reason: TaskEndReason };

/**
 * Decides what a task does next. An evaluation that an operator has asked for comes first, then the
 * evaluation that the task's own settings make due, then training. A task that has reached its end
 * may still evaluate its last checkpoint, unless its budget is used up.
 * @param moment.nowMs - The time now, in milliseconds since the Unix epoch.
 * @param moment.requested - The round whose checkpoint an operator wants evaluated; undefined when
 *   no operator has asked.
 */
export function nextRound(
  definition: TaskDefinition,
  history: TaskHistory,
  moment: {
    readonly nowMs: number;
    readonly requested: number | undefined;
  },
): NextRound {
  const { nowMs, requested } = moment;
  const { end, lastEndMs } = history;
  // An evaluation costs bytes and reports too, so that a used-up budget rules it out as well.
  if (end === "budget") return { type: "finished", reason: end };
  const due = requested ?? dueEvaluation(definition, history);
  if (end !== undefined && due === undefined) return { type: "finished", reason: end };
  const opens = opensAtMs(definition.schedule, nowMs, lastEndMs);
  if (opens === undefined) return { type: "finished", reason: end ?? "schedule" };
  if (opens > nowMs) return { type: "wait", untilMs: opens };
  return due === undefined ? { type: "training" } : { type: "evaluation", roundNumber: due };
}

/**
 * Returns the round of the newest checkpoint if clients should evaluate it now. That is the case
 * after every `everyRounds` rounds and after the task's last round, unless clients have been asked
 * to evaluate that checkpoint already.
 */
function dueEvaluation(definition: TaskDefinition, history: TaskHistory): number | undefined {
  const { everyRounds } = definition.evaluation;
  const { lastNumber, evaluatedNumber, end } = history;
  if (everyRounds === null || lastNumber === 0 || evaluatedNumber >= lastNumber) return undefined;
  return lastNumber % everyRounds === 0 || end !== undefined ? lastNumber : undefined;
}
