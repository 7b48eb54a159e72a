import { isBetterHigher, type MeasureName, type TaskDefinition } from "@tributary/protocol";
import type { SimulatedRound } from "../runner/simulated-round.ts";

/** The score of a round's checkpoint, and the bytes that all clients had sent and received by then. */
export interface ScoredRound {
  readonly number: number;
  readonly value: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** When the round ended, in virtual milliseconds. */
  readonly endedAtMs: number;
}

/** The scores of one measure, by round. */
export function scoresOf(rounds: readonly SimulatedRound[], measure: MeasureName): ScoredRound[] {
  let [bytesUp, bytesDown] = [0, 0];
  return rounds.flatMap((round) => {
    bytesUp += round.bytesUp;
    bytesDown += round.bytesDown;
    const { number, score, endedAtMs } = round;
    const value = score?.[measure];
    return value === undefined ? [] : [{ number, value, bytesUp, bytesDown, endedAtMs }];
  });
}

/**
 * The scores with each replaced by the best one so far, so that a curve goes one way only.
 * @see arXiv:1602.05629 §3: "make the curve monotonically improving"
 */
export function bestSoFar(scores: readonly ScoredRound[], measure: MeasureName): ScoredRound[] {
  const better = isBetterHigher(measure) ? Math.max : Math.min;
  let best: number | undefined;
  return scores.map((score) => {
    best = best === undefined ? score.value : better(best, score.value);
    return { ...score, value: best };
  });
}

/** What it took to reach a target. */
export interface CostToTarget {
  /** Rounds and bytes where the curve of scores crosses the target: they need not be whole. */
  readonly rounds: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** When the round ended whose score reached it, in virtual seconds. */
  readonly virtualSeconds: number;
}

/**
 * What it took a run to reach its task's target: where the curve of the best score so far crosses the
 * target, on the straight line between the scores before and after.
 * @returns null when the task has no target or has not reached it.
 * @see arXiv:1602.05629 §3
 */
export function costToTarget(
  { stop }: Pick<TaskDefinition, "stop">,
  rounds: readonly SimulatedRound[],
): CostToTarget | null {
  if (stop.targetMetric === undefined) return null;
  const { name, atLeast, atMost } = stop.targetMetric;
  const isReached = ({ value }: ScoredRound): boolean =>
    value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
  const curve = bestSoFar(scoresOf(rounds, name), name);
  const index = curve.findIndex(isReached);
  const after = curve[index];
  if (after === undefined) return null;
  const before = curve[index - 1] ?? after;
  const target = atLeast ?? atMost ?? after.value;
  const share = before === after ? 1 : (target - before.value) / (after.value - before.value);
  const crossing = (key: "number" | "bytesUp" | "bytesDown"): number =>
    before[key] + share * (after[key] - before[key]);
  return {
    rounds: crossing("number"),
    bytesUp: crossing("bytesUp"),
    bytesDown: crossing("bytesDown"),
    virtualSeconds: after.endedAtMs / 1000,
  };
}
