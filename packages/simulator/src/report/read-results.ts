import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TributaryError } from "@tributary/protocol";
import { readExperiment } from "../experiment/read-experiment.ts";
import type { ExperimentPlan } from "../experiment/experiment.ts";
import type { SimulatedRound } from "../runner/simulated-round.ts";
import type { Environment } from "./environment.ts";
import { RESULTS_FILES, runFolderName } from "./results-files.ts";
import type { ExperimentSummary, RunSummary } from "./summary.ts";

/** A run that was stored. */
export interface StoredRun extends RunSummary {
  /** All rounds, the oldest first. */
  readonly recorded: readonly SimulatedRound[];
  /** How often each client's report counted; not known with fidelity `wire`. */
  readonly participations?: readonly number[];
}

/** What a folder of results holds. */
export interface StoredResults {
  readonly path: string;
  readonly plan: ExperimentPlan;
  readonly environment: Environment;
  readonly summary: ExperimentSummary;
  readonly runs: readonly StoredRun[];
}

/**
 * Reads a folder of results.
 * @throws TributaryError `DATA_UNREADABLE` when it is no such folder, or the experiment has not come
 *   to its end; what reading the experiment throws.
 */
export async function readResults(path: string): Promise<StoredResults> {
  const environment = await readJson<Environment>(join(path, RESULTS_FILES.environment));
  const summary = await readJson<ExperimentSummary>(join(path, RESULTS_FILES.summary));
  const plan = await readExperiment(join(path, RESULTS_FILES.experiment), {}, environment.folder);
  const runs = await Promise.all(
    summary.runs.map(async (run, index) => {
      const folder = join(path, runFolderName(index, run.seed));
      const recorded = await readRounds(folder);
      if (run.participation === null) return { ...run, recorded };
      const file = join(folder, RESULTS_FILES.participation);
      return { ...run, recorded, participations: await readJson<readonly number[]>(file) };
    }),
  );
  return { path, plan, environment, summary, runs };
}

async function readRounds(folder: string): Promise<SimulatedRound[]> {
  const path = join(folder, RESULTS_FILES.rounds);
  const lines = (await readText(path)).split("\n").filter((line) => line !== "");
  return lines.map((line) => parsed<SimulatedRound>(path, line));
}

async function readJson<Content>(path: string): Promise<Content> {
  return parsed(path, await readText(path));
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw broken(`${path} cannot be read`, cause);
  }
}

function parsed<Content>(path: string, text: string): Content {
  try {
    return JSON.parse(text) as Content;
  } catch (cause) {
    throw broken(`${path} is damaged: it is not JSON`, cause);
  }
}

const broken = (message: string, cause: unknown): TributaryError =>
  new TributaryError("DATA_UNREADABLE", message, {
    remedy: "Give the folder of results of a simulation that has come to its end.",
    cause,
  });
