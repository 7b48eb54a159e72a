import { describe, expect, it } from "vitest";
import type { TaskChanges } from "@tributary/core/testing";
import {
  makeWorld,
  codeOf,
  quiet,
  until,
  type MemoryParticipant,
  type World,
} from "./coordinator-world.ts";

const TASK: TaskChanges = {
  round: { goalCount: 2, minimumFraction: 1, selectionTimeoutMs: 60_000 },
  participation: { minimumSeparation: 3 },
};

function checkIn(world: World, deviceId: string, session = deviceId): MemoryParticipant {
  const client = world.client(session);
  client.checkIn({ deviceId });
  return client;
}

/** Lets two devices check in and report, and waits until the round has ended. */
async function runRound(world: World, number: number, devices: readonly string[]): Promise<void> {
  const members = devices.map((device) => checkIn(world, device, `${device}-${number}`));
  await until("the cohort is seated", () => members.every((member) => member.isSeated));
  for (const member of members) member.report();
  await until("the round ended", () => members.every((member) => member.outcomes.length === 1));
  await quiet();
}

const codeOfCheckIn = (world: World, deviceId?: string): string | undefined =>
  codeOf(() => {
    const client = world.client(`probe-${deviceId}`);
    client.checkIn(deviceId === undefined ? {} : { deviceId });
    client.disconnect();
  });

describe("a task that limits how often a device takes part", () => {
  it("keeps the rounds of a device apart, also after a restart", async () => {
    const world = makeWorld();
    const task = await world.startTask(TASK);
    expect(codeOfCheckIn(world)).toBe("ENROLMENT_REQUIRED");
    await runRound(world, 1, ["a", "b"]);
    expect(codeOfCheckIn(world, "a")).toBe("NOT_ELIGIBLE");
    expect(codeOfCheckIn(world, "c")).toBeUndefined();
    await runRound(world, 2, ["c", "d"]);
    expect(codeOfCheckIn(world, "a")).toBe("NOT_ELIGIBLE");
    await world.coordinator.close();

    const again = makeWorld({ storage: world.storage, clock: world.clock, seed: 2 });
    await again.coordinator.recover();
    expect(codeOfCheckIn(again, "a")).toBe("NOT_ELIGIBLE");
    await runRound(again, 3, ["e", "f"]);
    expect(codeOfCheckIn(again, "c")).toBe("NOT_ELIGIBLE");
    await runRound(again, 4, ["a", "b"]);
    await quiet();
    const kept = await world.storage.rounds.participations(task.id);
    expect(kept.map(({ deviceId, roundNumber }) => `${deviceId}${roundNumber}`).sort()).toEqual([
      "a4",
      "b4",
      "e3",
      "f3",
    ]);
    await again.coordinator.close();
  });

  it("takes a device once in each window", async () => {
    const world = makeWorld();
    await world.startTask({ ...TASK, participation: { windowMs: 3_600_000 } });
    await runRound(world, 1, ["a", "b"]);
    expect(codeOfCheckIn(world, "a")).toBe("NOT_ELIGIBLE");
    world.clock.advance(3_600_000);
    await quiet();
    expect(codeOfCheckIn(world, "a")).toBeUndefined();
    await world.coordinator.close();
  });

  it("takes a device with several connections once, over the newest one", async () => {
    for (const changes of [TASK, { ...TASK, participation: {} }]) {
      const world = makeWorld();
      const task = await world.startTask(changes);
      const first = checkIn(world, "a", "first");
      const second = checkIn(world, "a", "second");
      await quiet();
      expect(first.told).toMatchObject([{ type: "rejected", code: "NOT_ELIGIBLE" }]);
      expect((await world.coordinator.progress(task)).waitingClients).toBe(1);
      first.disconnect();
      const other = checkIn(world, "b");
      await until("the cohort is seated", () => second.isSeated && other.isSeated);
      if (changes === TASK) expect(codeOfCheckIn(world, "a")).toBe("NOT_ELIGIBLE");
      await world.coordinator.close();
    }
  });

  it("does not count an abandoned round", async () => {
    const world = makeWorld();
    await world.startTask(TASK);
    const members = ["a", "b"].map((device) => checkIn(world, device));
    await until("the cohort is seated", () => members.every((member) => member.isSeated));
    expect(codeOfCheckIn(world, "a")).toBe("NOT_ELIGIBLE");
    world.clock.advance(10_000);
    await until("the round ended", () => members.every((member) => member.outcomes.length === 1));
    await quiet();
    world.clock.advance(members[0]!.outcomes[0]!.nextCheckInMs);
    expect(codeOfCheckIn(world, "a")).toBeUndefined();
    await world.coordinator.close();
  });

  it("keeps no participation of a round that could not be stored", async () => {
    const world = makeWorld();
    const task = await world.startTask(TASK);
    const { rounds } = world.storage;
    const commit = rounds.commit.bind(rounds);
    rounds.commit = (end) =>
      end.round.outcome === "committed" ? Promise.reject(new Error("disk full")) : commit(end);
    const members = ["a", "b"].map((device) => checkIn(world, device));
    await until("the cohort is seated", () => members.every((member) => member.isSeated));
    for (const member of members) member.report();
    await until("the round ended", () => members.every((member) => member.outcomes.length === 1));
    rounds.commit = commit;
    await quiet();
    expect(await rounds.lastCommitted(task.id)).toBeUndefined();
    expect(await rounds.participations(task.id)).toEqual([]);
    await world.coordinator.close();
  });
});
