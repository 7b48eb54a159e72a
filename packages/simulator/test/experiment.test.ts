import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { seededRandom } from "@tributary/protocol";
import type { Dataset } from "../src/datasets/dataset.ts";
import { drawSynthetic } from "../src/datasets/synthetic.ts";
import { planExperiment } from "../src/experiment/plan-experiment.ts";
import { describeChoice } from "../src/experiment/choice.ts";
import { parseSetting, withSettings } from "../src/experiment/settings.ts";
import { simulate } from "../src/simulate.ts";
import { crypto } from "./simulation-world.ts";
import { temporaryFolder } from "./support.ts";

const EXPERIMENT = {
  name: "writers",
  model: { builtin: "mcmahan-2nn" },
  round: { goalCount: 5 },
  data: { name: "writers" },
  partition: { name: "iid", clients: 10 },
};

const plan = (changes: object = {}): ReturnType<typeof planExperiment> =>
  planExperiment({ ...EXPERIMENT, ...changes }, ".");

describe("an experiment", () => {
  it("is run once with each seed and each choice of what it varies", async () => {
    const { runs } = await plan({
      seeds: [3, 4],
      sweep: { "plan.batchSize": [10, 50], "partition.name": ["iid", "shards"] },
    });
    expect(
      runs.map(({ seed, settings, experiment }) => [
        seed,
        settings["plan.batchSize"],
        experiment.task.plan.batchSize,
        experiment.partition.name,
      ]),
    ).toEqual([
      [3, 10, 10, "iid"],
      [4, 10, 10, "iid"],
      [3, 10, 10, "shards"],
      [4, 10, 10, "shards"],
      [3, 50, 50, "iid"],
      [4, 50, 50, "iid"],
      [3, 50, 50, "shards"],
      [4, 50, 50, "shards"],
    ]);
  });

  it("is run with each of its variants, and with each choice of the sweep", async () => {
    const { runs } = await plan({
      variants: {
        "one big step": { "plan.batchSize": 600, "plan.localEpochs": 1 },
        "few bits": { "plan.update": { codec: "eden", bits: 1 } },
      },
      sweep: { "round.goalCount": [2, 3] },
    });
    expect(
      runs.map((run) => {
        const { plan, round } = run.experiment.task;
        return [describeChoice(run), plan.batchSize, plan.update.codec, round.goalCount];
      }),
    ).toEqual([
      ["one big step, round.goalCount=2", 600, "uniform", 2],
      ["one big step, round.goalCount=3", 600, "uniform", 3],
      ["few bits, round.goalCount=2", 10, "eden", 2],
      ["few bits, round.goalCount=3", 10, "eden", 3],
    ]);
  });

  it("has a task in which nobody drops out and the held-out examples judge", async () => {
    const { runs } = await plan();
    const { round, evaluation, maximumExamples } = runs[0]!.experiment.task;
    expect(round).toMatchObject({ goalCount: 5, overselection: 1, minimumFraction: 1 });
    expect(evaluation.judgedBy).toBe("operator");
    expect(maximumExamples).toBe(1_048_576);
  });

  it("has an mlp whose sizes follow from the data, and are stored with it", async () => {
    const synthetic = { name: "synthetic", clients: 2, examplesPerClient: 10 };
    const mlp = { builtin: "mlp", hidden: [] };
    const round = { goalCount: 2 };
    const partition = { name: "natural-id" };
    const { runs, value } = await plan({ model: mlp, data: synthetic, partition, round });
    const sizes = { inputs: 60, outputs: 10 };
    expect(runs[0]!.experiment.task.model).toEqual({ ...mlp, ...sizes });
    expect(value).toMatchObject({ model: { ...mlp, ...sizes } });
    const given = await plan({ model: { ...mlp, outputs: 12 }, data: synthetic, partition, round });
    expect(given.value).toMatchObject({ model: { inputs: 60, outputs: 12 } });
    // What differs between runs is no part of the file.
    const several = await plan({
      ...{ model: mlp, data: synthetic, partition, round, plan: { metrics: [] } },
      sweep: { "plan.loss": ["categoricalCrossentropy", "meanSquaredError"] },
    });
    expect(several.value).toMatchObject({ model: { ...mlp, inputs: 60 } });
    expect(several.value).not.toHaveProperty("model.outputs");
    expect(several.runs.map(({ experiment }) => experiment.task.model)).toEqual([
      { ...mlp, ...sizes },
      { ...mlp, inputs: 60, outputs: 1 },
    ]);
  });

  it("opens its data once, for the sizes of an mlp and for all runs", async () => {
    const folder = await temporaryFolder();
    const opened = vi.fn<() => Dataset>(() =>
      drawSynthetic({
        ...{ alpha: 1, beta: 1, iid: false, clients: 2, examplesPerClient: 10 },
        random: seededRandom(crypto, 1),
      }),
    );
    vi.stubGlobal("openedByTest", opened);
    await writeFile(join(folder, "data.mjs"), "export default () => globalThis.openedByTest();");
    const runs = await simulate(
      {
        model: { builtin: "mlp", hidden: [] },
        data: { name: "module", path: "data.mjs" },
        ...{ partition: { name: "natural-id" }, round: { goalCount: 2 }, stop: { rounds: 1 } },
        seeds: [1, 2],
      },
      { folder, workers: 1 },
    );
    vi.unstubAllGlobals();
    expect(runs).toHaveLength(2);
    expect(opened).toHaveBeenCalledOnce();
  });

  it.each([
    [
      "a key that is misspelt",
      { partiton: {} },
      /unknown key partiton.*Perhaps you meant partition/,
    ],
    ["a key of a section", { runner: { worker: 1 } }, /unknown key runner.worker.*workers/],
    [
      "an engine with bits of its own where bits are compared",
      { runner: { fidelity: "wire", engine: "native" } },
      /runner.fidelity wire compares bits.*runner.engine native/,
    ],
    ["a key of the task", { plan: { batchsize: 1 } }, /unknown key plan.batchsize.*batchSize/],
    [
      "a partitioner that is not there",
      { partition: { name: "ii" } },
      /partition.name.*Use one of iid/,
    ],
    ["data that is not there", { data: { name: "minst" } }, /data.name.*mnist/],
    [
      "more clients in a round than there are",
      { round: { goalCount: 11 } },
      /takes 11 clients.*has 10/,
    ],
    [
      "a choice that is not valid",
      { sweep: { "plan.batchSize": [10, 0] } },
      /With plan.batchSize=0: .*plan.batchSize is 0/,
    ],
    ["a sweep of what is no section", { sweep: { "name.x": [1] } }, /name is no section/],
    [
      "a variant that is not valid",
      { variants: { "no batches": { "plan.batchSize": 0 } } },
      /With no batches: .*plan.batchSize is 0/,
    ],
    [
      "a sweep that undoes a variant",
      {
        variants: { small: { "plan.update.bits": 1 } },
        sweep: { "plan.update": [{ codec: "float32" }] },
      },
      /sweep of plan.update undoes what the variant small says of plan.update.bits/,
    ],
    ["a sweep of the seeds", { sweep: { seeds: [[1], [2]] } }, /seeds cannot be varied/],
    [
      "a variant with a sweep of its own",
      { variants: { own: { "sweep.plan.batchSize": [1, 2] } } },
      /sweep.plan.batchSize cannot be varied/,
    ],
    ["variants that are a list", { variants: [{}] }, /variants.*Give an object with variants/],
    ["seeds that are no list", { seeds: 3 }, /seeds is 3/],
    ["a seed that is listed twice", { seeds: [2, 1, 2] }, /seeds has 2 more than once/],
    [
      "a value that is tried twice",
      { sweep: { "plan.batchSize": [5, 5] } },
      /sweep.plan.batchSize has 5 more than once/,
    ],
    ["a section that is a number", { round: 5 }, /round is 5/],
    ["another section that is a number", { evaluation: 5 }, /evaluation is 5/],
    [
      "what only a server can do",
      { participation: { minimumSeparation: 2 } },
      /knows nothing of participation.minimumSeparation/,
    ],
    [
      "a date, when time is virtual",
      { schedule: { startAt: "2030-01-01T00:00:00Z" } },
      /knows nothing of schedule.startAt/,
    ],
  ])("is refused before the first round: %s", async (_, changes, message) => {
    await expect(plan(changes)).rejects.toThrow(message);
  });
});

describe("a setting", () => {
  it.each([
    ["round.goalCount=10", ["round.goalCount", 10]],
    ["partition.name=iid", ["partition.name", "iid"]],
    ["seeds=[1, 2]", ["seeds", [1, 2]]],
    ["plan.update={codec: eden, bits: 4}", ["plan.update", { codec: "eden", bits: 4 }]],
    ["name=a=b", ["name", "a=b"]],
  ])("is read as YAML: %s", (text, setting) => {
    expect(parseSetting(text)).toEqual(setting);
  });

  it.each(["goalCount", "=3", "a..b=1", "seeds=[1"])("is refused: %s", (text) => {
    expect(() => parseSetting(text)).toThrow(/Write KEY=VALUE/);
  });

  it("changes one value and leaves the others, and makes sections that are not there", () => {
    const value = { round: { goalCount: 5, overselection: 1 } };
    expect(withSettings(value, { "round.goalCount": 10, "plan.batchSize": 20 })).toEqual({
      round: { goalCount: 10, overselection: 1 },
      plan: { batchSize: 20 },
    });
    expect(value.round.goalCount).toBe(5);
  });
});
