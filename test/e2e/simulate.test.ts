import { cp, readFile, readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { openSandbox, type Sandbox } from "./support/sandbox.ts";

/** An experiment quick enough for tests of everything but learning. */
const EXPERIMENT = {
  name: "quick",
  model: { builtin: "logistic-regression" },
  plan: { optimizer: { name: "sgd", learningRate: 0.1 }, update: { codec: "uniform", bits: 8 } },
  round: { goalCount: 3 },
  stop: { rounds: 3 },
  data: { name: "writers", writers: 8, examplesPerWriter: 20, heldOutWriters: 4 },
  partition: { name: "natural-id" },
};

/** As on a machine that has fetched nothing. */
const NO_DATA = { TRIBUTARY_DATA: undefined };

interface Result {
  readonly out: string;
  readonly checkpoint: string | null;
  readonly finalAccuracy: number;
  readonly roundsToTarget: number | null;
  readonly groups: readonly { readonly seeds: readonly number[] }[];
  readonly runs: readonly {
    readonly rounds: number;
    readonly checkpoint: string;
    readonly engine: string;
  }[];
}

const experiment = (box: Sandbox, changes: object = {}): Promise<string> =>
  box.write("quick.yaml", JSON.stringify({ ...EXPERIMENT, ...changes }));

test("a partition is shown and drawn before anything is trained on it", async () => {
  const box = await openSandbox();
  await experiment(box);
  const args = ["partition", "quick.yaml", "--set", "partition.clients=6", "--svg", "p.svg"];
  expect(await box.json(args)).toMatchObject({
    ...{ data: "writers", seed: 1, svg: "p.svg", partition: { name: "natural-id", clients: 6 } },
    ...{ clients: 6, examples: 120, unusedExamples: 40 },
    examplesPerClient: { least: 20, median: 20, most: 20 },
  });
  expect(await readFile(box.path("p.svg"), "utf8")).toMatch(/^<svg .*<\/svg>\n$/s);
});

/** The same summary with another name for the checkpoint of the first run. */
function wrongCheckpoint(summary: unknown): object {
  const { runs, ...rest } = summary as { runs: object[] };
  return { ...rest, runs: [{ ...runs[0], checkpoint: "0".repeat(64) }, ...runs.slice(1)] };
}

describe("a simulation", () => {
  test("gives one checkpoint with one worker and with two, without connections and with them", async () => {
    const box = await openSandbox();
    await experiment(box);
    const checkpoints = new Set<string | null>();
    for (const [fidelity, workers] of [
      ["direct", "1"],
      ["direct", "2"],
      ["wire", "1"],
    ] as const) {
      const set = ["--set", `runner.fidelity=${fidelity}`, "--workers", workers];
      const result = await box.json<Result>(["simulate", "quick.yaml", ...set]);
      expect(result.finalAccuracy).toBeGreaterThan(0.15);
      checkpoints.add(result.checkpoint);
    }
    expect([...checkpoints]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect((await readdir(box.path("simulations"))).sort()).toEqual([
      "quick",
      "quick-2",
      "quick-3",
    ]);
  });

  test("stores every round, and runs every seed with every choice", async () => {
    const box = await openSandbox();
    await experiment(box, { seeds: [1, 2], sweep: { "plan.batchSize": [5, 20] } });
    const { out, runs, groups } = await box.json<Result>(["simulate", "quick.yaml", "--out", "o"]);
    expect(out).toBe("o");
    expect(groups.map(({ seeds }) => seeds)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(new Set(runs.map(({ checkpoint }) => checkpoint)).size).toBe(4);
    const lines = (await readFile(box.path("o", "003-seed-2", "rounds.jsonl"), "utf8")).split("\n");
    const rounds = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as object);
    expect(rounds).toMatchObject([1, 2, 3].map((number) => ({ number, reported: 3 })));
    const table = await readFile(box.path("o", "003-seed-2", "rounds.csv"), "utf8");
    expect(table.split("\n")[0]).toMatch(/^round,kind,.*score_accuracy$/);
    const summary: unknown = JSON.parse(await readFile(box.path("o", "summary.json"), "utf8"));
    expect(summary).toMatchObject({ name: "quick", measure: "accuracy" });
    expect(runs.map(({ engine }) => engine)).toEqual(Array(4).fill("fused"));
    const environment: unknown = JSON.parse(
      await readFile(box.path("o", "environment.json"), "utf8"),
    );
    expect(environment).toMatchObject({ node: expect.any(String), cores: expect.any(Number) });
    const report = await readFile(box.path("o", "report.html"), "utf8");
    expect(report).toContain("<svg");
    expect(report).not.toMatch(/<script|(src|href)="http/);
    expect(await readdir(box.path("o", "charts"))).toContain("accuracy-by-round.svg");

    await cp(box.path("o"), box.path("p"), { recursive: true });
    const page = ["compare", "o", "p", "--out", "c.html"];
    const { series } = await box.json<{ series: { pValue: number | null }[] }>(page);
    expect(series).toHaveLength(4);
    expect(await readFile(box.path("c.html"), "utf8")).toContain("<svg");
    expect(await box.json(["simulate", "--repeat", "o"])).toMatchObject({
      repeated: true,
      runs: 4,
    });
    await box.write("o/summary.json", JSON.stringify(wrongCheckpoint(summary)));
    expect(await box.failure(["simulate", "--repeat", "o"])).toMatchObject({
      message: expect.stringContaining("1 of 4 checkpoints differ"),
    });
  });

  test("stops at Ctrl-C and goes on to the same checkpoint", async () => {
    const box = await openSandbox();
    await experiment(box, { stop: { rounds: 60 } });
    const whole = await box.json<Result>(["simulate", "quick.yaml", "--out", "whole"]);
    const stopped = box.start(["simulate", "quick.yaml", "--out", "part", "--workers", "1"]);
    await stopped.heard(/^run 1 of 1/m);
    const { code, stderr } = await stopped.stop("SIGINT");
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("[ABORTED]"),
    });
    const args = ["simulate", "quick.yaml", "--out", "part"];
    expect(await box.failure(args)).toMatchObject({ remedy: expect.stringContaining("--resume") });
    const rest = await box.json<Result>([...args, "--resume"]);
    expect(rest.checkpoint).toBe(whole.checkpoint);
    expect(rest.runs[0]!.rounds).toBe(60);
  });

  test("is refused before its first round when its data was not fetched", async () => {
    const box = await openSandbox();
    await experiment(box, { data: { name: "mnist" } });
    const { remedy } = await box.failure(["simulate", "quick.yaml"], 1, NO_DATA);
    expect(remedy).toContain("tributary data fetch mnist");
  });
});
