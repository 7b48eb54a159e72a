import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "@tributary/client-sdk";
import { planExperiment } from "../src/experiment/plan-experiment.ts";
import { readResults } from "../src/report/read-results.ts";
import { ResultsFolder } from "../src/report/results-folder.ts";
import { workerCount } from "../src/runner/worker-count.ts";
import { simulate } from "../src/simulate.ts";
import { temporaryFolder } from "./support.ts";

const EXPERIMENT = {
  model: { builtin: "mlp", hidden: [] },
  data: { name: "synthetic", clients: 4, examplesPerClient: 20 },
  partition: { name: "natural-id" },
  round: { goalCount: 2 },
  stop: { rounds: 1 },
};

describe("a run", () => {
  it.each([
    [
      "whose model takes other examples",
      { model: { builtin: "mlp", hidden: [], inputs: 61 } },
      /data does not suit the model.*shape \[60\], but the model takes \[61\]/,
    ],
    [
      "whose model knows too few classes",
      { model: { builtin: "mlp", hidden: [], outputs: 3 } },
      /data does not suit the model.*classes go from 0 to 2/,
    ],
    [
      "in which a client has fewer examples than the task wants",
      { eligibility: { minimumExamples: 19 } },
      /Client 0 has 18 examples, fewer than the 19 of eligibility.minimumExamples/,
    ],
  ])("is refused before the first round: one %s", async (_, changes, message) => {
    const runBegins = vi.fn<() => void>();
    const refused = simulate({ ...EXPERIMENT, ...changes }, { workers: 1, runBegins });
    await expect(refused).rejects.toThrow(message);
    expect(runBegins).not.toHaveBeenCalled();
  });

  it("leaves no folder of results when it is refused", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "results");
    const plan = await planExperiment(EXPERIMENT, folder);
    const terms = { resume: false, clock: systemClock, folder };
    const results = await ResultsFolder.open(path, plan, terms);
    expect(await readdir(folder)).toEqual([]);
    await results.begin(0, []);
    expect((await readdir(path)).sort()).toEqual([
      "000-seed-1",
      "environment.json",
      "experiment.yaml",
    ]);
    await expect(ResultsFolder.open(path, plan, terms)).rejects.toThrow("has files already");
    // A run over sockets has no snapshot, but a table of its rounds.
    await results.store(0, undefined);
    expect((await readdir(join(path, "000-seed-1"))).sort()).toContain("rounds.csv");
  });
});

it.each(["environment.json", "summary.json"])(
  "Results are refused when %s is damaged, with its path",
  async (name) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "environment.json"), "{}");
    await writeFile(join(folder, name), "{");
    await expect(readResults(folder)).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining(`${join(folder, name)} is damaged: it is not JSON`),
    });
  },
);

it("No run has more than four threads for each core", () => {
  expect([undefined, 1, 8, 9, 1_000].map((asked) => workerCount(asked, 2))).toEqual([
    2, 1, 8, 8, 8,
  ]);
});
