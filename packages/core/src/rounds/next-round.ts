import type { TaskDefinition } from "@tributary/protocol";
import { opensAtMs } from "./schedule.ts";
import type { TaskEndReason, TaskHistory } from "./task-history.ts";

/** What a task does when no round of it is in flight. */
export type NextRound =
  | { readonly type: "training" }
  /** Of the checkpoint that this round made; 0 for the initial model. */
  | { readonly type: "evaluation"; readonly roundNumber: number }
  | { readonly type: "wait"; readonly untilMs: number }
  | { readonly type: "finished"; readonly reason: TaskEndReason };

/**
 * Decides what comes next: what an operator has asked for, then the evaluation that is due, then training.
 * @param moment.requested - The round of the checkpoint that an operator wants evaluated.
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
  if (end === "budget") return { type: "finished", reason: end };
  const due = requested ?? dueEvaluation(definition, history);
  if (end !== undefined && due === undefined) return { type: "finished", reason: end };
  const opens = opensAtMs(definition.schedule, nowMs, lastEndMs);
  if (opens === undefined) return { type: "finished", reason: end ?? "schedule" };
  if (opens > nowMs) return { type: "wait", untilMs: opens };
  return due === undefined ? { type: "training" } : { type: "evaluation", roundNumber: due };
}

/** The newest checkpoint, when it is the turn of its round or it is the last one and nobody has been asked about it. */
function dueEvaluation(definition: TaskDefinition, history: TaskHistory): number | undefined {
  const { everyRounds } = definition.evaluation;
  const { lastNumber, evaluatedNumber, end } = history;
  if (everyRounds === null || lastNumber === 0 || evaluatedNumber >= lastNumber) return undefined;
  return lastNumber % everyRounds === 0 || end !== undefined ? lastNumber : undefined;
}
