import { measureOf, type MeasureName, type TaskDefinition } from "@tributary/protocol";
import type { ExperimentPlan } from "../experiment/experiment.ts";
import type { Choice } from "../experiment/choice.ts";
import type { RunResult } from "../runner/run-result.ts";
import type { UsedEngine } from "../runner/trainer-pool.ts";
import { fairnessOf, type Fairness } from "./fairness.ts";
import { groupBy } from "./group-by.ts";
import { bestSoFar, costToTarget, scoresOf } from "./cost-to-target.ts";

/** What one run has come to. */
export interface RunSummary extends Choice {
  readonly seed: number;
  /** The engine that trained; not known of runs of older versions. */
  readonly engine?: UsedEngine;
  /** Why it stopped before its end; null when it came to its end. */
  readonly failure: string | null;
  /** Rounds that made a checkpoint. */
  readonly rounds: number;
  /** After how many rounds the target was reached; null when it was not, or there is none. */
  readonly roundsToTarget: number | null;
  /** The last score, by measure. */
  readonly finalScore: Readonly<Record<string, number>>;
  /** The best score of the measure by which the task is judged; null when nothing was scored. */
  readonly best: number | null;
  /** Bytes of updates, and of models, over all clients. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** The same until the target was reached; null when it was not, or there is none. */
  readonly bytesUpToTarget: number | null;
  readonly bytesDownToTarget: number | null;
  /** How long the run took in virtual time. */
  readonly virtualSeconds: number;
  /** Virtual seconds until the target was reached; null when it was not, or there is none. */
  readonly virtualSecondsToTarget: number | null;
  /** The share of the devices' work that came to no report that counts, 0 to 1. */
  readonly wastedShare: number;
  /** How evenly clients take part; null where it is not known. */
  readonly participation: Fairness | null;
  /** How long it took here. */
  readonly seconds: number;
  readonly checkpoint: string;
}

/** Mean and spread over the runs that have a value. */
export interface Spread {
  readonly mean: number;
  /** The standard deviation of a sample; 0 for one value. */
  readonly deviation: number;
  /** How many runs have a value. */
  readonly count: number;
}

/**
 * All runs of one choice of what an experiment varies: they differ in their seeds. Means and spreads
 * are those of the runs that came to their end.
 */
export interface GroupSummary extends Choice {
  readonly seeds: readonly number[];
  /** How many of the runs stopped before their end. */
  readonly failed: number;
  readonly roundsToTarget: Spread | null;
  readonly finalScore: Readonly<Record<string, Spread>>;
  readonly best: Spread | null;
}

/** What an experiment has come to. */
export interface ExperimentSummary {
  readonly name: string;
  /** The measure by which the tasks are judged. */
  readonly measure: MeasureName;
  readonly groups: readonly GroupSummary[];
  readonly runs: readonly RunSummary[];
}

/** Sums up the runs of an experiment. */
export function summaryOf(plan: ExperimentPlan, results: readonly RunResult[]): ExperimentSummary {
  const tasks = plan.runs.map(({ experiment }) => experiment.task);
  const runs = results.map((result, index) => runSummary(result, tasks[index]!));
  return {
    name: plan.name,
    measure: measureOf(tasks[0]!),
    groups: [...groupBy(runs, keyOf).values()].map(groupSummary),
    runs,
  };
}

/** Runs of the same choice differ in their seeds only. */
const keyOf = ({ variant, settings }: Choice): string => JSON.stringify([variant, settings]);

function runSummary(
  { seed, variant, settings, engine, failure, rounds, checkpoint, participation }: RunResult,
  task: TaskDefinition,
): RunSummary {
  const sum = (of: (round: RunResult["rounds"][number]) => number): number =>
    rounds.reduce((all, round) => all + of(round), 0);
  const scored = rounds.filter(({ score }) => score !== undefined);
  const measure = measureOf(task);
  const cost = costToTarget(task, rounds);
  return {
    ...{ seed, variant, settings, engine, failure: failure?.message ?? null },
    rounds: rounds.filter((round) => round.checkpoint !== null).length,
    roundsToTarget: cost?.rounds ?? null,
    finalScore: scored.at(-1)?.score ?? {},
    best: bestSoFar(scoresOf(rounds, measure), measure).at(-1)?.value ?? null,
    bytesUp: sum(({ bytesUp }) => bytesUp),
    bytesDown: sum(({ bytesDown }) => bytesDown),
    bytesUpToTarget: cost?.bytesUp ?? null,
    bytesDownToTarget: cost?.bytesDown ?? null,
    virtualSeconds: (rounds.at(-1)?.endedAtMs ?? 0) / 1000,
    virtualSecondsToTarget: cost?.virtualSeconds ?? null,
    wastedShare:
      sum(({ wastedSeconds }) => wastedSeconds) / (sum(({ deviceSeconds }) => deviceSeconds) || 1),
    participation: participation === undefined ? null : fairnessOf(participation),
    seconds: sum(({ seconds }) => seconds),
    checkpoint,
  };
}

function groupSummary(runs: readonly RunSummary[]): GroupSummary {
  const { variant, settings } = runs[0]!;
  const ended = runs.filter(hasEnded);
  const measures = Object.keys(ended[0]?.finalScore ?? {});
  return {
    ...{ variant, settings },
    seeds: runs.map(({ seed }) => seed),
    failed: runs.length - ended.length,
    roundsToTarget: spreadOf(ended.map((run) => run.roundsToTarget)),
    finalScore: Object.fromEntries(
      measures.map((name) => [name, spreadOf(ended.map((run) => run.finalScore[name] ?? null))!]),
    ),
    best: spreadOf(ended.map(({ best }) => best)),
  };
}

/** Whether a run came to its end: only then its figures are beside those of others. */
export const hasEnded = ({ failure }: Pick<RunSummary, "failure">): boolean => failure === null;

/** Mean and spread of those values that are there; null when there is none. */
export function spreadOf(all: readonly (number | null)[]): Spread | null {
  const values = all.filter((value) => value !== null);
  const count = values.length;
  if (count === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: count === 1 ? 0 : Math.sqrt(squares / (count - 1)), count };
}
