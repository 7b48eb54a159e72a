import { describeChoice } from "../experiment/choice.ts";
import type { StoredResults, StoredRun } from "./read-results.ts";

/** A score of a run, and what it had cost by then. */
export interface CurvePoint {
  /** What the run is one of: a choice of what an experiment varies. */
  readonly series: string;
  readonly seed: number;
  readonly round: number;
  readonly score: number;
  /** Bytes up and down over all clients so far, in 10⁶. */
  readonly megabytes: number;
  /** Virtual time so far, in hours. */
  readonly hours: number;
}

/** The scores of all runs, for charts. @param measure - A name among the scores of a round. */
export function curvesOf(
  results: readonly StoredResults[],
  measure: string,
): readonly CurvePoint[] {
  return runsBySeries(results).flatMap((run) => curveOf(run, measure));
}

/** A run, and what it is one of. */
export interface SeriesRun {
  readonly series: string;
  readonly run: StoredRun;
}

/** All runs, each with the name of its series. */
export function runsBySeries(results: readonly StoredResults[]): readonly SeriesRun[] {
  return results.flatMap((one) =>
    one.runs.map((run) => ({ series: seriesOf(one, run, results.length > 1), run })),
  );
}

/** The name of a run's series: its choice, and with several experiments the folder too. */
function seriesOf({ path, plan }: StoredResults, run: StoredRun, isOneOfMany: boolean): string {
  const choice = describeChoice(run);
  if (!isOneOfMany) return choice === "" ? plan.name : choice;
  return choice === "" ? path : `${path}: ${choice}`;
}

function curveOf({ series, run }: SeriesRun, measure: string): CurvePoint[] {
  let bytes = 0;
  return run.recorded.flatMap(({ number, score, bytesUp, bytesDown, endedAtMs }) => {
    bytes += bytesUp + bytesDown;
    const value = score?.[measure];
    if (value === undefined) return [];
    const cost = { megabytes: bytes / 1e6, hours: endedAtMs / 3_600_000 };
    return [{ series, seed: run.seed, round: number, score: value, ...cost }];
  });
}
