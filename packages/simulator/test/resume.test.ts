import { deserialize, serialize } from "node:v8";
import { afterAll, describe, expect, it } from "vitest";
import { DirectRun } from "../src/runner/direct-run.ts";
import type { TrainerPool } from "../src/runner/trainer-pool.ts";
import { simulate } from "../src/simulate.ts";
import type { RunSnapshot } from "../src/runner/run-snapshot.ts";
import {
  dataOf,
  depsOf,
  poolOf,
  runAll,
  stoppingAfter,
  termsOf,
  toItsEnd,
} from "./simulation-world.ts";

const pool = poolOf(dataOf(12), 1);

afterAll(() => pool.close());

describe("a run that was interrupted", () => {
  it.each([
    ["an ordinary task", {}],
    ["residuals of clients", { plan: { update: { codec: "top-k", fraction: 0.1 } } }],
    ["a rounded model", { plan: { download: { encoding: "float16" } } }],
    [
      "differences down",
      { plan: { download: { encoding: "difference", update: { codec: "eden", bits: 4 } } } },
    ],
    ["evaluations by clients", { evaluation: { everyRounds: 1 } }],
    ["control variates", { algorithm: { name: "scaffold" } }],
    ["several models", { algorithm: { name: "ifca" } }],
    ["a server optimizer that remembers", { serverOptimizer: { name: "fedadam" } }],
  ])("goes on to the same bits: %s", async (_, sections) => {
    const terms = termsOf(sections);
    const whole = await runAll(terms, pool);
    const stop = new AbortController();
    const begun = await DirectRun.begin(terms, depsOf(stoppingAfter(17, pool, stop)));
    // Each training has five reports, so that the run stops in the middle of a round.
    await expect(toItsEnd(begun, stop.signal)).rejects.toMatchObject({ code: "ABORTED" });
    const stored = serialize(begun.snapshot());
    const later = await DirectRun.begin(terms, depsOf(pool), deserialize(stored) as RunSnapshot);
    await toItsEnd(later);
    expect(later.checkpoint).toBe(whole.checkpoint);
    expect(later.snapshot().rounds.map(withoutSeconds)).toEqual(
      (whole as DirectRun).snapshot().rounds.map(withoutSeconds),
    );
  });
});

it("A run that is stopped while it scores a checkpoint goes on to the same bits", async () => {
  const terms = termsOf();
  const whole = await runAll(terms, pool);
  const stop = new AbortController();
  const stopping: TrainerPool = {
    ...pool,
    score(weights, signal) {
      stop.abort();
      return pool.score(weights, signal);
    },
  };
  const begun = await DirectRun.begin(terms, depsOf(stopping));
  await expect(begun.next(stop.signal)).rejects.toThrow("aborted");
  const stored = serialize(begun.snapshot());
  const later = await DirectRun.begin(terms, depsOf(pool), deserialize(stored) as RunSnapshot);
  await toItsEnd(later);
  expect(later.checkpoint).toBe(whole.checkpoint);
  const rounds = [whole, later].map((run) => run.snapshot!().rounds.map(withoutSeconds));
  expect(rounds[1]).toEqual(rounds[0]);
});

it("A run does not go on with other data than it began with", async () => {
  const experiment = (seed: number): object => ({
    model: { builtin: "mlp", hidden: [] },
    data: { name: "synthetic", clients: 4, examplesPerClient: 10, seed },
    partition: { name: "natural-id" },
    ...{ round: { goalCount: 2 }, stop: { rounds: 2 } },
  });
  let kept: RunSnapshot | undefined;
  await simulate(experiment(1), { workers: 1, runEnded: (_, snapshot) => void (kept = snapshot) });
  const options = { workers: 1, resume: () => Promise.resolve(kept) };
  await expect(simulate(experiment(2), options)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/^Run 1 began with other data than synthetic/),
  });
  const [again] = await simulate(experiment(1), options);
  expect(again!.rounds).toHaveLength(2);
});

/** A round without how long it took here. */
const withoutSeconds = (round: RunSnapshot["rounds"][number]): object => ({
  ...round,
  seconds: 0,
  trainerSeconds: 0,
});
