import { isBetterHigher, type MeasureName, type TaskDefinition } from "@tributary/protocol";
import type { SimulatedRound } from "../runner/simulated-round.ts";

/** The score of a round's checkpoint. */
export interface ScoredRound {
  readonly number: number;
  readonly value: number;
}

/** The scores of one measure, by round. */
export function scoresOf(rounds: readonly SimulatedRound[], measure: MeasureName): ScoredRound[] {
  return rounds.flatMap(({ number, score }) => {
    const value = score?.[measure];
    return value === undefined ? [] : [{ number, value }];
  });
}

/**
 * The scores with each replaced by the best one so far, so that a curve goes one way only.
 * @see arXiv:1602.05629 §3: "make the curve monotonically improving"
 */
export function bestSoFar(scores: readonly ScoredRound[], measure: MeasureName): ScoredRound[] {
  const better = isBetterHigher(measure) ? Math.max : Math.min;
  let best: number | undefined;
  return scores.map(({ number, value }) => {
    best = best === undefined ? value : better(best, value);
    return { number, value: best };
  });
}

/**
 * After how many rounds a run has reached its task's target: where the curve of the best score so far
 * crosses the target, on the straight line between the scores before and after.
 * @returns A number that need not be whole; null when the task has no target or has not reached it.
 * @see arXiv:1602.05629 §3
 */
export function roundsToTarget(
  { stop }: Pick<TaskDefinition, "stop">,
  rounds: readonly SimulatedRound[],
): number | null {
  if (stop.targetMetric === undefined) return null;
  const { name, atLeast, atMost } = stop.targetMetric;
  const isReached = ({ value }: ScoredRound): boolean =>
    value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
  const curve = bestSoFar(scoresOf(rounds, name), name);
  const index = curve.findIndex(isReached);
  const [before, after] = [curve[index - 1], curve[index]];
  if (after === undefined) return null;
  if (before === undefined) return after.number;
  const target = atLeast ?? atMost ?? after.value;
  const share = (target - before.value) / (after.value - before.value);
  return before.number + share * (after.number - before.number);
}

/**
 * After how many virtual seconds a run has reached its task's target: when the round ended whose
 * score reached it.
 * @returns null when the task has no target or has not reached it.
 */
export function secondsToTarget(
  task: Pick<TaskDefinition, "stop">,
  rounds: readonly SimulatedRound[],
): number | null {
  const reached = roundsToTarget(task, rounds);
  if (reached === null) return null;
  const round = rounds.find(({ number, score }) => number >= reached && score !== undefined);
  return round === undefined ? null : round.endedAtMs / 1000;
}
