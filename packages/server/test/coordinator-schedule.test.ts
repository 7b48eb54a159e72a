import { describe, expect, it } from "vitest";
import { makeWorld, quiet, until, type MemoryParticipant } from "./coordinator-world.ts";

/** The time at which the world's clock begins. */
const START = 1_700_000_000_000;
const at = (afterMs: number): string => new Date(START + afterMs).toISOString();
const MINUTE = 60_000;

async function train(clients: readonly MemoryParticipant[]): Promise<void> {
  await until("the cohort is seated", () => clients.every((client) => client.isSeated));
  for (const client of clients) client.report();
  await until("the round ended", () => clients.every((client) => client.outcomes.length > 0));
  await quiet();
}

describe("a task with a schedule", () => {
  it("takes no client before its start, and says when to come", async () => {
    const world = makeWorld();
    await world.startTask({ schedule: { startAt: at(10 * MINUTE) } });
    const early = world.client("early");
    expect(() => early.checkIn()).toThrow(
      expect.objectContaining({ code: "NO_OPEN_ROUND", retryAfterMs: 10 * MINUTE }),
    );
    world.clock.advance(10 * MINUTE);
    await train(world.checkIn(3));
  });

  it("sends waiting clients away when its window closes, lets a cohort finish, and opens again", async () => {
    const world = makeWorld();
    const [hours, minutes] = new Date(START + 5 * MINUTE).toISOString().slice(11, 16).split(":");
    const task = await world.startTask({
      schedule: { dailyWindow: { from: "00:00", to: `${hours}:${minutes}` } },
      round: { reportingTimeoutMs: 20 * MINUTE, selectionTimeoutMs: MINUTE },
    });
    const members = world.checkIn(3);
    const waiting = world.client("waiting");
    waiting.checkIn();
    world.clock.advance(6 * MINUTE);
    expect(waiting.told).toEqual([]);
    await train(members);
    expect(waiting.told.at(-1)).toMatchObject({ type: "rejected", code: "NO_OPEN_ROUND" });
    expect(() => world.client("late").checkIn()).toThrow(
      expect.objectContaining({ code: "NO_OPEN_ROUND" }),
    );
    const midnight = new Date(START).setUTCHours(24, 0, 0, 0);
    world.clock.advance(midnight - world.clock.now());
    await quiet();
    await train(world.checkIn(3, "tomorrow"));
    expect(await world.rounds(task)).toHaveLength(2);
  });

  it("abandons a round that still gathers clients when its window closes", async () => {
    const world = makeWorld();
    const task = await world.startTask({ schedule: { endAt: at(5 * MINUTE) } });
    const waiting = world.checkIn(1);
    world.clock.advance(5 * MINUTE);
    await until("the task finished", () => waiting[0]!.told.at(-1)?.type === "rejected");
    await quiet();
    expect(await world.storage.rounds.task(task.id)).toMatchObject({
      state: "finished",
      endReason: "schedule",
    });
    expect(await world.rounds(task)).toEqual([]);
  });

  it("keeps the minimum interval between its rounds, also across a restart", async () => {
    const world = makeWorld();
    const task = await world.startTask({ schedule: { minimumIntervalMs: 10 * MINUTE } });
    await train(world.checkIn(3));
    const restarted = makeWorld({ storage: world.storage, clock: world.clock, seed: 2 });
    await restarted.coordinator.recover();
    expect(() => restarted.client("early").checkIn()).toThrow(
      expect.objectContaining({ code: "NO_OPEN_ROUND" }),
    );
    world.clock.advance(10 * MINUTE);
    await train(restarted.checkIn(3, "later"));
    expect(await world.rounds(task)).toHaveLength(2);
  });
});

describe("a task with a budget", () => {
  it("ends when its budget is used up, and says so", async () => {
    const world = makeWorld();
    const task = await world.startTask({ budget: { reports: 6 } });
    await train(world.checkIn(3));
    const last = world.checkIn(3, "second");
    await train(last);
    expect(last[0]!.outcomes[0]!.taskFinished).toBe(true);
    expect(await world.storage.rounds.task(task.id)).toMatchObject({
      state: "finished",
      endReason: "budget",
    });
  });

  it("that is used up does not run again after a restart", async () => {
    const world = makeWorld();
    const task = await world.startTask({ budget: { reports: 3 } });
    await train(world.checkIn(3));
    // This is the state when the process ends before it can mark the task as finished.
    await world.storage.rounds.setTaskState(task.id, ["finished"], "running");
    const restarted = makeWorld({ storage: world.storage, clock: world.clock, seed: 2 });
    await restarted.coordinator.recover();
    expect(await world.storage.rounds.task(task.id)).toMatchObject({ state: "finished" });
  });
});

describe("two tasks of one population", () => {
  const nameOf = ({ configuration }: MemoryParticipant): string | undefined =>
    configuration?.taskName;

  it("gather clients in the order of their priority, whichever was started first", async () => {
    const world = makeWorld();
    await world.startTask({ name: "later", priority: 1, round: { goalCount: 2 } });
    await world.startTask({ name: "first", priority: 5 });
    const clients = world.checkIn(5);
    expect(clients.map(nameOf)).toEqual(["first", "first", "first", "later", "later"]);
  });

  it("share the clients once the more urgent one has gathered for long enough", async () => {
    const world = makeWorld();
    await world.startTask({ name: "urgent", priority: 5, round: { goalCount: 10 } });
    await world.startTask({ name: "modest", priority: 1, round: { goalCount: 2 } });
    const clients = world.checkIn(2);
    expect(clients.map(nameOf)).toEqual([undefined, undefined]);
    world.clock.advance(1_000);
    expect(clients.map(nameOf)).toEqual(["modest", "modest"]);
  });

  it("leave a client to the less urgent one when the more urgent one cannot use it", async () => {
    const world = makeWorld();
    await world.startTask({
      name: "urgent",
      priority: 5,
      eligibility: { minimumExamples: 100 },
    });
    await world.startTask({ name: "modest", priority: 1, round: { goalCount: 2 } });
    const clients = [world.client("a"), world.client("b")];
    for (const client of clients) client.checkIn({ exampleCount: 10 });
    expect(clients.map(nameOf)).toEqual(["modest", "modest"]);
  });

  it("share the clients when the more urgent one is paused", async () => {
    const world = makeWorld();
    const urgent = await world.startTask({ name: "urgent", priority: 5 });
    await world.startTask({ name: "modest", priority: 1, round: { goalCount: 2 } });
    const clients = world.checkIn(2);
    await world.coordinator.pauseTask(urgent.id);
    await quiet();
    expect(clients.map(nameOf)).toEqual(["modest", "modest"]);
  });
});
