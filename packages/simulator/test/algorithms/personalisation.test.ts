import { afterAll, describe, expect, it } from "vitest";
import type { Partition } from "../../src/partition/partition.ts";
import { DirectRun } from "../../src/runner/direct-run.ts";
import { figuresByClient } from "../../src/runner/figures-by-client.ts";
import type { SimulatedRound } from "../../src/runner/simulated-round.ts";
import { dataOf, depsOf, poolOf, termsOf, toItsEnd } from "../simulation-world.ts";

/** Each of twelve clients has one of three classes only. */
const data = dataOf(12);
const classOf = (row: number): number => data.train.labels[row]!;
const partition: Partition = {
  ...data.partition,
  rows: data.partition.rows.slice().sort((a, b) => classOf(a) - classOf(b) || a - b),
};
const pool = poolOf({ ...data, partition }, 1);

afterAll(() => pool.close());

/** A run of four rounds, after each of which all clients evaluate. */
async function runOf(algorithm: object): Promise<DirectRun> {
  const everybody = { goalCount: 12, everyRounds: 1 };
  const run = await DirectRun.begin(termsOf({ algorithm, evaluation: everybody }), depsOf(pool));
  await toItsEnd(run);
  return run;
}

const evaluationsOf = (run: DirectRun): SimulatedRound[] =>
  run.snapshot().rounds.filter(({ kind }) => kind === "evaluation");

describe("personalisation", () => {
  it("by fine-tuning makes the same model, which is better for each client", async () => {
    const [same, tuned] = [
      await runOf({ name: "fedavg" }),
      await runOf({ name: "fine-tuning", epochs: 3 }),
    ];
    expect(tuned.checkpoint).toBe(same.checkpoint);
    const losses = [same, tuned].map((run) => evaluationsOf(run).at(-1)!.byClient!["loss"]!);
    expect(losses[1]!.highestTenth).toBeLessThan(losses[0]!.highestTenth / 2);
    expect(losses[1]!.p50).toBeLessThan(losses[0]!.p50);
  });

  it("by several models lets each client evaluate the one that fits it", async () => {
    const [one, several] = [
      await runOf({ name: "fedavg" }),
      await runOf({ name: "ifca", clusters: 3 }),
    ];
    const losses = [one, several].map((run) => evaluationsOf(run).at(-1)!.metrics["loss"]!);
    expect(losses[1]).toBeLessThan(losses[0]!);
  });
});

it("figuresByClient ranks clients, and takes means of the lowest and the highest tenth", () => {
  const reports = Array.from({ length: 20 }, (_, i) => [{ name: "loss", value: (i * 7) % 20 }]);
  expect(figuresByClient(reports)).toEqual({
    loss: { p10: 1, p25: 4, p50: 9, p75: 14, p90: 17, lowestTenth: 0.5, highestTenth: 18.5 },
  });
  expect(figuresByClient([])).toEqual({});
});
