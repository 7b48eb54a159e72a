// Tests that tasks go on with what their server optimizers remember.
import type { TaskChanges } from "@tributary/core/testing";
import { updateCodec, type UpdateSpec } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import type { CheckpointRecord, TaskRecord } from "../src/storage/round-store.ts";
import { DIMENSION, makeWorld, quiet, until, type World } from "./coordinator-world.ts";

const REMEMBERING = ["fedavgm", "fedadagrad", "fedadam", "fedyogi"] as const;

interface RoundOptions {
  /** Number of values in each update. */
  readonly values?: number;
  readonly update?: UpdateSpec;
  /** Whether the members report in the opposite order. */
  readonly lastFirst?: boolean;
}

/**
 * Runs a round with three members.
 * @param seed - Decides what they report.
 */
async function runRound(world: World, seed: number, report: RoundOptions = {}): Promise<void> {
  const { values = DIMENSION, update = { codec: "float32" }, lastFirst = false } = report;
  const codec = updateCodec(update);
  const members = world.checkIn(3, `member-${world.events.length}`);
  await until("the cohort is seated", () => members.every(({ isSeated }) => isSeated));
  const entries = [...members.entries()];
  for (const [index, member] of lastFirst ? entries.reverse() : entries) {
    const change = Float32Array.from(
      { length: values },
      (_, i) => Math.sin(seed * 7 + i) * (1 + index / 4),
    );
    member.report({
      payload: codec.encode(change, world.random),
      header: { codec: codec.name },
    });
  }
  await until("the round has ended", () => members.every(({ outcomes }) => outcomes.length > 0));
  await quiet();
}

/** What a task's rounds have made, the initial model left out. */
async function made(world: World, task: TaskRecord): Promise<CheckpointRecord[]> {
  return (await world.storage.rounds.checkpoints(task.id)).slice(1);
}

const names = (records: readonly CheckpointRecord[]) =>
  records.map(({ id, optimizerMemory }) => ({ id, optimizerMemory }));

/** Runs four rounds, and closes the server and opens another one before each of `restarts`. */
async function fourRounds(
  changes: TaskChanges,
  restarts: readonly number[],
): Promise<CheckpointRecord[]> {
  let world = makeWorld();
  const task = await world.startTask(changes);
  for (const number of [1, 2, 3, 4]) {
    if (restarts.includes(number)) {
      await world.coordinator.close();
      world = makeWorld({ storage: world.storage, seed: number });
      await world.coordinator.recover();
    }
    await runRound(world, number);
  }
  return made(world, task);
}

describe.each(REMEMBERING)("a task with the server optimizer %s", (name) => {
  const changes = { serverOptimizer: { name } };

  it("goes on after restarts with the bits of a task that was not interrupted", async () => {
    const uninterrupted = names(await fourRounds(changes, []));
    expect(names(await fourRounds(changes, [2, 3, 4]))).toEqual(uninterrupted);
    expect(new Set(uninterrupted.map(({ optimizerMemory }) => optimizerMemory)).size).toBe(4);
  });

  it("makes and remembers the same of reports in another order", async () => {
    const [one, other] = [makeWorld(), makeWorld({ seed: 2 })];
    const tasks = [await one.startTask(changes), await other.startTask(changes)] as const;
    for (const number of [1, 2]) {
      await runRound(one, number);
      await runRound(other, number, { lastFirst: true });
    }
    expect(names(await made(other, tasks[1]))).toEqual(names(await made(one, tasks[0])));
  });

  it("goes back to what was remembered with the checkpoint that it is rolled back to", async () => {
    const world = makeWorld();
    const task = await world.startTask(changes);
    for (const number of [1, 2, 3]) await runRound(world, number);
    await world.coordinator.rollBackTask(task.id, 1);
    await runRound(world, 2); // 5
    await world.coordinator.close();
    const restarted = makeWorld({ storage: world.storage, seed: 2 });
    await restarted.coordinator.rollBackTask(task.id, 0); // 6
    await runRound(restarted, 1); // 7
    const all = names(await made(restarted, task));
    expect([all[3], all[4], all[6]]).toEqual([all[0], all[1], all[0]]);
    expect(all[5]!.optimizerMemory).toBeNull();
  });
});

it("remembers nothing with FedAvg", async () => {
  const all = await fourRounds({}, []);
  expect(all.map(({ optimizerMemory }) => optimizerMemory)).toEqual([null, null, null, null]);
});

it("remembers only what is trained", async () => {
  const world = makeWorld();
  const task = await world.startTask({
    plan: { trainable: ["second"] },
    serverOptimizer: { name: "fedadam" },
  });
  const before = await world.weights(task);
  await runRound(world, 1, { values: 2 });
  const [{ optimizerMemory }] = (await made(world, task)) as [CheckpointRecord];
  // The mean and the squares of two values.
  expect(await world.storage.checkpoints.get(optimizerMemory!)).toHaveLength(2 * 2 * 4);
  expect((await world.weights(task)).slice(0, 3)).toEqual(before.slice(0, 3));
});

it.each<[string, TaskChanges]>([
  ["a robust rule", { aggregation: { rule: "median" } }],
  ["bounded norms", { aggregation: { rule: "normBound", maximumNorm: 1 } }],
  ["quantized updates", { plan: { update: { codec: "eden", bits: 4 } } }],
  ["differences", { plan: { download: { encoding: "difference" } } }],
  ["half-precision downloads", { plan: { download: { encoding: "float16" } } }],
])("works with %s", async (_, changes) => {
  const world = makeWorld();
  // Three rounds in the same direction move every value by about three learning rates.
  const task = await world.startTask({
    ...changes,
    serverOptimizer: { name: "fedadam", learningRate: 0.1, beta1: 0, beta2: 0 },
  });
  const before = await world.weights(task);
  const { update } = task.definition.plan;
  for (let round = 0; round < 3; round++) await runRound(world, 1, { update });
  (await world.weights(task)).forEach((value, i) => {
    expect(Math.abs(value - before[i]! - 0.3 * Math.sign(Math.sin(7 + i)))).toBeLessThan(0.01);
  });
});

it("abandons a round whose step would be infinite, and keeps what was remembered", async () => {
  const world = makeWorld();
  // After an update of zeros the divisor is tau alone, and the mean of the updates is not 0.
  const task = await world.startTask({
    serverOptimizer: { name: "fedadam", learningRate: 1e6, beta2: 0, tau: 1e-300 },
  });
  await runRound(world, 1);
  const members = world.checkIn(3, "still");
  for (const member of members) member.report({ update: new Float32Array(DIMENSION) });
  await until("they have heard", () => members.every(({ outcomes }) => outcomes.length > 0));
  await quiet();
  expect(await world.coordinator.progress(task)).toMatchObject({
    committedRounds: 1,
    problem: { code: "UPDATE_OUT_OF_RANGE" },
  });
  expect(await made(world, task)).toHaveLength(1);
});
