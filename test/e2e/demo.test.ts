import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { DemoResult } from "./support/demo-result.ts";
import { openSandbox } from "./support/sandbox.ts";

/** A task quick enough for tests of everything but learning. */
const QUICK_TASK = {
  population: "quick",
  name: "quick",
  model: { builtin: "logistic-regression" },
  round: { goalCount: 2, overselection: 1, minimumFraction: 1 },
  stop: { rounds: 2 },
};

const quickTask = (changes: object): string => JSON.stringify({ ...QUICK_TASK, ...changes });

describe("the demo", () => {
  test("with --json prints one line that says what was learned and what it cost", async () => {
    const box = await openSandbox();
    const args = ["demo", "--clients", "4", "--rounds", "3", "--seed", "1", "--data-dir", "d"];
    const { code, stdout, stderr } = await box.run([...args, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^[^\n]+\n$/);
    const result = JSON.parse(stdout) as DemoResult;
    expect(result).toMatchObject({ rounds: 3, clients: 4, seed: 1 });
    expect(result.checkpoint).toMatch(/^[0-9a-f]{64}$/);
    expect(result.bytesUpPerClientRound).toBeGreaterThan(0.2 * result.float32BytesPerUpdate);
    expect(result.bytesUpPerClientRound).toBeLessThanOrEqual(0.3 * result.float32BytesPerUpdate);
    // A checkpoint is as large as a float32 update; the first round sends the plan as well.
    expect(result.bytesDownPerClientRound).toBeGreaterThan(result.float32BytesPerUpdate);
    expect(result.bytesDownPerClientRound).toBeLessThan(1.1 * result.float32BytesPerUpdate);
    // A model that guesses would classify one of ten digits correctly.
    expect(result.finalAccuracy).toBeGreaterThan(0.5);
    await expect(readFile(box.path(result.model, "model.json"))).resolves.not.toHaveLength(0);
  });

  test("without any options classifies nine of ten held-out digits correctly, and says so", async () => {
    const box = await openSandbox();
    const { code, stdout, stderr } = await box.run(["demo"]);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stderr).toMatch(/^Tributary demo: 20 clients in \d+ threads? train on writers/);
    expect(stderr).toMatch(/^admin API {2}http:\/\/127\.0\.0\.1:\d+\/v1\/tasks\/task_/m);
    const rows = [...stderr.matchAll(/^ +(\d+) +(\d+)\/20 +([\d.]+) %/gm)];
    expect(rows.map((row) => row[1])).toEqual(Array.from({ length: 12 }, (_, i) => String(i + 1)));
    const accuracies = rows.map((row) => Number(row[3]));
    expect(accuracies.at(-1)).toBeGreaterThan(accuracies[0] ?? 100);
    const accuracy = /^accuracy +([\d.]+) % on held-out examples$/m.exec(stdout)?.[1];
    expect(Number(accuracy)).toBeGreaterThan(90);
    expect(Number(accuracy)).toBe(accuracies.at(-1));
    expect(stdout).toMatch(/^model +\.tributary\/model\/model\.json/m);
    await expect(readFile(box.path(".tributary/model/model.json"))).resolves.not.toHaveLength(0);
  });

  test("gives the same checkpoint with the same seed, whatever the number of threads", async () => {
    const box = await openSandbox();
    const run = (seed: string, threads: string): Promise<DemoResult> =>
      box.json(["demo", "--clients", "3", "--rounds", "2", "--seed", seed, "--threads", threads]);
    const first = await run("5", "1");
    const second = await run("5", "3");
    const other = await run("6", "3");
    expect(second).toEqual({ ...first, seconds: second.seconds });
    expect(other.checkpoint).not.toBe(first.checkpoint);
  });

  test("draws the clients of each round from the seed, where a round takes some of them", async () => {
    const box = await openSandbox();
    const task = await box.write(
      "task.yaml",
      `
population: demo
name: some-of-all
model: { builtin: mlp-64 }
plan: { batchSize: 20, localEpochs: 1, metrics: [accuracy] }
round: { goalCount: 3 }
evaluation: { everyRounds: 2 }
stop: { rounds: 3 }
`,
    );
    const run = (seed: string, threads: string): Promise<DemoResult> =>
      box.json([
        ...["demo", "--clients", "9", "--task", task],
        ...["--seed", seed, "--threads", threads],
      ]);
    const first = await run("5", "1");
    const second = await run("5", "2");
    expect(second).toEqual({ ...first, seconds: second.seconds });
    expect(first.rounds).toBe(3);
  });

  test("learns to write a text on, and shows how well it does", async () => {
    const box = await openSandbox();
    const text = await box.write("letters.txt", "abcdefgh".repeat(200));
    const task = await box.write(
      "task.yaml",
      `
population: demo
name: letters
model: { builtin: char-transformer, window: 8, width: 16, blocks: 1, heads: 2 }
plan:
  batchSize: 8
  optimizer: { name: adam, learningRate: 0.02 }
  loss: sparseCategoricalCrossentropy
  metrics: [perplexity]
round: { goalCount: 2 }
stop: { rounds: 3 }
`,
    );
    const args = ["demo", "--clients", "2", "--data", text, "--task", task, "--seed", "1"];
    const { code, stdout, stderr } = await box.run(args);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stderr).toContain("round  cohort  perplexity    loss");
    const perplexities = [...stderr.matchAll(/^ +\d+ +2\/2 +([\d.]+) /gm)].map((row) =>
      Number(row[1]),
    );
    expect(perplexities).toHaveLength(3);
    // Of 8 letters, each of which has one that follows it.
    expect(perplexities[2]).toBeLessThan(4);
    expect(perplexities[2]).toBeLessThan(perplexities[0]!);
    expect(stdout).toMatch(/^perplexity  [\d.]+ on held-out examples$/m);
  });

  test("stops within seconds of Ctrl-C, and meanwhile other commands find it", async () => {
    const box = await openSandbox();
    const demo = box.start(["demo", "--clients", "4", "--rounds", "10000", "--data-dir", "d"]);
    await demo.heard(/^ +1 +4\/4/m);
    const { tasks } = await box.json<{ tasks: { name: string; state: string }[] }>([
      "task",
      "list",
      "--data-dir",
      "d",
    ]);
    expect(tasks).toMatchObject([{ name: "demo-writers", state: "running" }]);
    const stoppedMs = performance.now();
    const { code, stderr } = await demo.stop("SIGINT");
    expect(performance.now() - stoppedMs).toBeLessThan(30_000);
    expect(code).toBe(1);
    expect(stderr).toMatch(/tributary: The demo was stopped \[ABORTED\]\n$/);
  });

  test("stops as well while its clients are getting ready", async () => {
    const box = await openSandbox();
    const demo = box.start(["demo", "--clients", "20", "--data-dir", "d"]);
    await demo.heard(/^admin API/m);
    const { code, stderr } = await demo.stop("SIGINT");
    expect(code).toBe(1);
    expect(stderr).toMatch(/tributary: The demo was stopped \[ABORTED\]\n$/);
  });

  test("ends when its task reaches its target, before its last round", async () => {
    const box = await openSandbox();
    const stop = { rounds: 1_000, targetMetric: { name: "accuracy", atLeast: 0.3 } };
    const task = await box.write("task.json", quickTask({ stop }));
    const result = await box.json<DemoResult>(["demo", "--clients", "2", "--task", task]);
    expect(result.rounds).toBeLessThan(100);
  });

  test("judges a task that is judged by its operator, and says when its score reached the target", async () => {
    const box = await openSandbox();
    const stop = { rounds: 1_000, targetMetric: { name: "accuracy", atLeast: 0.3 } };
    const task = await box.write(
      "task.json",
      quickTask({ stop, evaluation: { judgedBy: "operator" } }),
    );
    const result = await box.json<DemoResult>(["demo", "--clients", "2", "--task", task]);
    expect(result.rounds).toBeLessThan(1_000);
    expect(result.target?.round).toBeGreaterThan(0);
    expect(result.target?.round).toBeLessThanOrEqual(result.rounds);
    expect(result.target?.seconds).toBeLessThanOrEqual(result.seconds);
  });

  test("runs as many rounds as it is told, with no cohort larger than itself", async () => {
    const box = await openSandbox();
    const round = { goalCount: 2, overselection: 10, selectionTimeoutMs: 86_400_000 };
    const task = await box.write("task.json", quickTask({ round, stop: { rounds: 500 } }));
    const args = ["demo", "--clients", "3", "--rounds", "1", "--task", task];
    expect(await box.json<DemoResult>(args)).toMatchObject({ rounds: 1, clients: 3 });
  });

  test("refuses a task that wants more reports than there are clients", async () => {
    const box = await openSandbox();
    const task = await box.write("task.json", quickTask({ round: { goalCount: 5 } }));
    const error = await box.failure(["demo", "--clients", "4", "--task", task]);
    expect(error).toMatchObject({
      code: "TASK_INVALID",
      message: 'A round of "quick" wants 5 reports and the demo has 4 clients',
      remedy: "Give --clients 5 or more, or lower round.goalCount of the task.",
    });
  });

  test("says why its clients leave when training diverges", async () => {
    const box = await openSandbox();
    const plan = { optimizer: { name: "sgd", learningRate: 1e6 }, localEpochs: 20 };
    const model = { builtin: "mlp-64" };
    const task = await box.write("task.json", quickTask({ model, plan }));
    const error = await box.failure(["demo", "--clients", "2", "--task", task]);
    expect(["TRAINING_FAILED", "UPDATE_OUT_OF_RANGE"]).toContain(error.code);
    expect(error.message).toMatch(/^Client [01] in round 1: /);
    expect(error.remedy).toMatch(/learning rate/);
  });

  test("says so when its clients have too few examples for the task", async () => {
    const box = await openSandbox();
    const eligibility = { minimumExamples: 100_000 };
    const task = await box.write("task.json", quickTask({ eligibility }));
    const error = await box.failure(["demo", "--clients", "2", "--task", task]);
    expect(error.code).toBe("NOT_ELIGIBLE");
    expect(error.message).toMatch(/has \d+ examples and the task asks for 100000/);
  });
});
