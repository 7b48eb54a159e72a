import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { systemClock } from "@tributary/client-sdk";
import { planExperiment } from "../src/experiment/plan-experiment.ts";
import type { ExperimentPlan } from "../src/experiment/experiment.ts";
import { compare } from "../src/report/compare.ts";
import { comparisonTable } from "../src/report/comparison-table.ts";
import { readResults } from "../src/report/read-results.ts";
import { ResultsFolder } from "../src/report/results-folder.ts";
import { writeReport } from "../src/report/write-report.ts";
import type { RunResult } from "../src/runner/run-result.ts";
import { simulate } from "../src/simulate.ts";
import { temporaryFolder } from "./support.ts";

/** Training steps whose size is one of these. */
const experiment = (rates: readonly number[], sections: object = {}): object => ({
  model: { builtin: "mlp", hidden: [8, 8, 8] },
  plan: {
    localEpochs: 10,
    optimizer: { name: "sgd", learningRate: 1e6 },
    metrics: ["accuracy"],
  },
  data: { name: "synthetic", clients: 4, examplesPerClient: 20 },
  partition: { name: "natural-id" },
  round: { goalCount: 2 },
  stop: { rounds: 2 },
  seeds: [1, 2],
  sweep: { "plan.optimizer.learningRate": rates },
  ...sections,
});

const DIVERGES = /^Client \d in round 1: .*diverged/;

async function resultsOf(
  plan: ExperimentPlan,
  path: string,
  folder: string,
): Promise<readonly RunResult[]> {
  const terms = { resume: false, clock: systemClock, folder };
  const results = await ResultsFolder.open(path, plan, terms);
  const runs = await simulate(plan, {
    workers: 1,
    runBegins: (run, rounds) => results.begin(run.index, rounds),
    roundEnded: (run, round, snapshot) => results.add(run.index, round, snapshot),
    runEnded: (run, snapshot) => results.store(run.index, snapshot),
  });
  await results.finish(runs);
  return runs;
}

it("A run that diverges is told beside the others, which go on to their end", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "results");
  const plan = await planExperiment(experiment([1e6, 0.01]), folder);
  const runs = await resultsOf(plan, path, folder);
  expect(runs.map(({ failure }) => failure?.code)).toEqual([
    "UPDATE_OUT_OF_RANGE",
    "UPDATE_OUT_OF_RANGE",
    undefined,
    undefined,
  ]);
  const stored = await readResults(path);
  expect(stored.runs.map(({ failure, rounds }) => [failure, rounds])).toEqual([
    [expect.stringMatching(DIVERGES), 0],
    [expect.stringMatching(DIVERGES), 0],
    [null, 2],
    [null, 2],
  ]);
  expect(stored.summary.groups).toMatchObject([
    { seeds: [1, 2], failed: 2, finalScore: {}, best: null },
    { seeds: [1, 2], failed: 0, finalScore: { accuracy: { count: 2 } } },
  ]);
  const { rows } = comparisonTable(compare([stored]));
  expect(rows.map((row) => row.slice(1, 3))).toEqual([
    ["2 (2 failed)", "–"],
    ["2", expect.stringContaining("%")],
  ]);
  expect(await readFile(await writeReport(stored), "utf8")).toContain("2 (2 failed)");
});

it("A simulation in which every run diverges ends with the error of the first", async () => {
  await expect(simulate(experiment([1e6]), { workers: 1 })).rejects.toThrow(DIVERGES);
});

it("A run over sockets that diverges stops alone, as a direct run does", async () => {
  const variants = {
    wire: { "runner.fidelity": "wire" },
    direct: {},
    "small steps": { "plan.optimizer.learningRate": 0.01 },
  };
  const runs = await simulate(experiment([], { seeds: [1], sweep: {}, variants }), {
    workers: 1,
  });
  const [wire, direct, small] = runs.map(({ failure, rounds }) => [failure?.code, rounds.length]);
  expect(wire).toEqual(direct);
  expect(direct).toEqual(["UPDATE_OUT_OF_RANGE", 0]);
  expect(small).toEqual([undefined, 2]);
});
