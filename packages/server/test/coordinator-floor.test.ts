import { describe, expect, it } from "vitest";
import { decodePlan, type RoundId } from "@tributary/protocol";
import { exampleTask, type TaskChanges } from "@tributary/core/testing";
import type { TaskRecord } from "../src/storage/round-store.ts";
import { INITIAL, MODEL, makeWorld, quiet, until, type World } from "./coordinator-world.ts";

/** A server that takes over the store of another one, with a floor of its own. */
const succeed = (world: World, minimumCohort: number): World =>
  makeWorld({ storage: world.storage, clock: world.clock, seed: 2, minimumCohort });

/** Takes part with some clients, and lets the round's time pass. */
async function runOut(world: World, members: number, reporting: number): Promise<void> {
  const clients = world.checkIn(members);
  await until("the cohort is seated", () => clients.every((client) => client.isSeated));
  for (const client of clients.slice(0, reporting)) client.report();
  await quiet();
  world.clock.advance(10_000);
  await until("the round ended", () => clients.every((client) => client.outcomes.length > 0));
  await quiet();
}

const outcomes = async (world: World, task: TaskRecord): Promise<string[]> =>
  (await world.rounds(task)).map(({ outcome, reported }) => `${outcome} with ${reported}`);

/** A task that a server without a floor has stored. */
async function storedTask(changes: TaskChanges): Promise<{ before: World; task: TaskRecord }> {
  const before = makeWorld({ minimumCohort: 1 });
  const task = await before.startTask(changes);
  await before.coordinator.close();
  return { before, task };
}

describe("a server's floor under cohorts", () => {
  it("keeps a task from being created whose rounds or evaluations cannot reach it", async () => {
    const world = makeWorld({ minimumCohort: 4 });
    for (const changes of [
      { round: { goalCount: 3 } },
      { round: { goalCount: 9, minimumFraction: 0.1 }, evaluation: { goalCount: 3 } },
    ]) {
      await expect(
        world.coordinator.createTask(exampleTask(changes), MODEL, INITIAL),
      ).rejects.toMatchObject({ code: "TASK_INVALID" });
    }
    expect(await world.storage.rounds.tasks()).toEqual([]);
  });

  it("stands in the signed plan, and holds for rounds whose task asks for less", async () => {
    const world = makeWorld({ minimumCohort: 3 });
    const task = await world.startTask({ round: { goalCount: 4, minimumFraction: 0.25 } });
    expect(decodePlan(task.planBytes).minimumCohort).toBe(3);
    await runOut(world, 4, 2);
    await runOut(world, 4, 3);
    expect(await outcomes(world, task)).toEqual(["abandoned with 2", "committed with 3"]);
  });

  it("holds for tasks that were stored with less", async () => {
    const { before, task } = await storedTask({ round: { goalCount: 4, minimumFraction: 0.25 } });
    const world = succeed(before, 3);
    await world.coordinator.recover();
    await runOut(world, 4, 2);
    expect(await outcomes(world, task)).toEqual(["abandoned with 2"]);
  });

  it("keeps a stored task from running that cannot reach it, and says why at its start", async () => {
    const { before, task } = await storedTask({ round: { goalCount: 1, minimumFraction: 1 } });
    const world = succeed(before, 2);
    await world.coordinator.recover();
    const client = world.client("alone");
    expect(() => client.checkIn()).toThrow(expect.objectContaining({ code: "NO_OPEN_ROUND" }));
    await world.coordinator.pauseTask(task.id);
    await expect(world.coordinator.startTask(task.id)).rejects.toMatchObject({
      code: "TASK_INVALID",
      context: { path: "round.goalCount", minimumCohort: 2 },
    });
    expect((await world.storage.rounds.task(task.id))?.state).toBe("paused");
  });

  it("keeps a best checkpoint from resting on fewer reports", async () => {
    const { before, task } = await storedTask({ round: { goalCount: 2, minimumFraction: 0.5 } });
    const version = task.initialCheckpoint;
    await before.storage.rounds.commit({
      round: {
        id: "rnd_00000000000000000000000000000001" as RoundId,
        taskId: task.id,
        kind: "evaluation",
        number: 0,
        outcome: "committed",
        startedAtMs: 1,
        endedAtMs: 2,
        attempts: 1,
        roundTimeMs: 0,
        baseCheckpoint: version,
        checkpoint: null,
        reason: null,
        selected: 1,
        reported: 1,
        rejected: 0,
        droppedOut: 0,
        fates: { reported: 1, refused: {}, withdrew: {}, left: {}, unfinished: {} },
        exampleCount: 7,
        bytesUp: 1,
        bytesDown: 1,
        metrics: { accuracy: 0.9, loss: 0.1 },
        metricDetail: {},
      },
    });
    const judged = { ...task, definition: exampleTask({ evaluation: JUDGED_BY_CLIENTS }) };
    expect(await succeed(before, 1).coordinator.best(judged)).toMatchObject({ value: 0.9 });
    expect(await succeed(before, 2).coordinator.best(judged)).toBeUndefined();
  });

  it("leaves neither metrics nor example counts in the record of an abandoned round", async () => {
    const world = makeWorld({ minimumCohort: 3 });
    const task = await world.startTask({ round: { goalCount: 3 } });
    await runOut(world, 3, 1);
    expect(await world.rounds(task)).toMatchObject([
      { outcome: "abandoned", reported: 1, metrics: {}, exampleCount: 0 },
    ]);
    const ended = world.events.filter((event) => event.type === "round-ended");
    expect(ended).toMatchObject([{ round: { metrics: {}, exampleCount: 0 } }]);
  });
});

const JUDGED_BY_CLIENTS = { judgedBy: "clients", everyRounds: 1 } as const;
