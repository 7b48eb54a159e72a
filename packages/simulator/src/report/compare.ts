import { resolve } from "node:path";
import { permutationTest } from "simple-statistics";
import { TributaryError, seededRandom, type MeasureName } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { randomStream } from "../random/random-stream.ts";
import { runsBySeries } from "./curves.ts";
import { groupBy } from "./group-by.ts";
import { ATTACK_SUCCESS } from "../runner/score-of-parts.ts";
import type { UsedEngine } from "../runner/trainer-pool.ts";
import type { StoredResults, StoredRun } from "./read-results.ts";
import { hasEnded, spreadOf, type Spread } from "./summary.ts";

/** How often the test shuffles the runs of two series. */
const SHUFFLES = 20_000;

/** One choice of one experiment beside others, by those of its runs that came to their end. */
export interface ComparedSeries {
  readonly series: string;
  readonly seeds: readonly number[];
  /** The engines that trained its runs, where they are known. */
  readonly engines: readonly UsedEngine[];
  /** How many of its runs stopped before their end. */
  readonly failed: number;
  /** The last score of the measure. */
  readonly last: Spread | null;
  /** The best score of the measure. */
  readonly best: Spread | null;
  /** How often the last model gives the answers that attackers aim at; null without such an attack. */
  readonly attackSuccess: Spread | null;
  readonly roundsToTarget: Spread | null;
  /** Bytes up and down over all clients. */
  readonly bytes: Spread | null;
  /**
   * How likely a difference from the first series at least as large would be if the two were alike:
   * a permutation test of the mean last score, two-sided. null for the first series, and where one of
   * the two has a single run.
   */
  readonly pValue: number | null;
}

/** Experiments side by side. */
export interface Comparison {
  readonly measure: MeasureName;
  readonly series: readonly ComparedSeries[];
}

/**
 * Lays the runs of experiments side by side, and tests whether they differ from the first.
 * @throws TributaryError `BAD_PARAMETER` when their tasks are judged by different measures, or when one
 *   is there twice: its runs would count as further evidence.
 */
export function compare(results: readonly StoredResults[]): Comparison {
  requireDistinctFolders(results.map(({ path }) => path));
  const [first] = results;
  const measure = first!.summary.measure;
  const other = results.find(({ summary }) => summary.measure !== measure);
  if (other !== undefined) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `${first!.path} is judged by ${measure}, and ${other.path} by ${other.summary.measure}`,
      { remedy: "Compare experiments whose tasks name the same evaluation.metric." },
    );
  }
  const lastOf = (runs: readonly StoredRun[]): number[] =>
    runs.flatMap(({ finalScore }) => finalScore[measure] ?? []);
  const groups = [...groupBy(runsBySeries(results), ({ series }) => series)].map(
    ([series, members]) => {
      const all = members.map(({ run }) => run);
      return { series, all, runs: all.filter(hasEnded) };
    },
  );
  const base = groups[0]?.runs;
  return {
    measure,
    series: groups.map(({ series, all, runs }) => ({
      series,
      seeds: all.map(({ seed }) => seed),
      engines: [...new Set(all.flatMap(({ engine }) => engine ?? []))],
      failed: all.length - runs.length,
      last: spreadOf(lastOf(runs)),
      best: spreadOf(runs.map(({ best }) => best)),
      attackSuccess: spreadOf(runs.map(({ finalScore }) => finalScore[ATTACK_SUCCESS] ?? null)),
      roundsToTarget: spreadOf(runs.map((run) => run.roundsToTarget)),
      bytes: spreadOf(runs.map(({ bytesUp, bytesDown }) => bytesUp + bytesDown)),
      pValue: runs === base ? null : pValueOf(lastOf(base!), lastOf(runs)),
    })),
  };
}

function requireDistinctFolders(paths: readonly string[]): void {
  const whole = paths.map((path) => resolve(path));
  const twice = paths.find((_, index) => whole.indexOf(whole[index]!) !== index);
  if (twice === undefined) return;
  throw new TributaryError("BAD_PARAMETER", `The results ${twice} are given twice`, {
    remedy: "Name each folder once: the same runs are no further evidence.",
  });
}

function pValueOf(a: readonly number[], b: readonly number[]): number | null {
  if (a.length < 2 || b.length < 2) return null;
  // The same runs always give the same value.
  const stream = randomStream(seededRandom(createNodeCryptoProvider(), 1));
  return permutationTest([...a], [...b], "two_side", SHUFFLES, () => stream.next());
}
