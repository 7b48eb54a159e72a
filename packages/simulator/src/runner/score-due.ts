import type { SimulatedRound } from "./simulated-round.ts";
import type { RunTerms } from "./simulated-task.ts";

/**
 * Whether the checkpoint of a round is to be scored: every so many rounds, and after as many rounds as
 * the task makes at most.
 */
export function isScoreDue(
  { kind, number, outcome }: Pick<SimulatedRound, "kind" | "number" | "outcome">,
  { task, scoreEveryRounds }: Pick<RunTerms, "task" | "scoreEveryRounds">,
): boolean {
  if (kind !== "training" || outcome !== "committed") return false;
  return number % scoreEveryRounds === 0 || number === task.stop.rounds;
}
