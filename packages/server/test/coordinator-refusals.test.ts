// Tests a task that all of its clients refuse: it pauses and says why, and a few strangers cannot
// make it do so.
import { describe, expect, it } from "vitest";
import { logEvents } from "../src/telemetry/event-log.ts";
import {
  makeWorld,
  quiet,
  until,
  type MemoryParticipant,
  type World,
} from "./coordinator-world.ts";

/** Lets each client check in again and refuse, in this many rounds. */
async function refuse(
  { clock }: World,
  clients: readonly MemoryParticipant[],
  rounds: number,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    // A client that has withdrawn waits before it checks in again.
    if (clients[0]!.told.length > 0) clock.advance(10_000);
    await quiet();
    for (const client of clients) client.checkIn();
    for (const client of clients) client.withdraw("PLAN_REFUSED");
    await quiet();
  }
}

const clientsOf = (world: World, count: number): MemoryParticipant[] =>
  Array.from({ length: count }, (_, index) => world.client(`client-${index}`));

describe("a task that all clients refuse", () => {
  it("pauses after three rounds and says why, until it is started again", async () => {
    const logged: unknown[][] = [];
    const silent = { debug() {}, info() {}, error() {} };
    const log = logEvents({ ...silent, warn: (...line: unknown[]) => void logged.push(line) });
    const world = makeWorld({ listener: log });
    const { id } = await world.startTask();
    const clients = clientsOf(world, 3);
    await refuse(world, clients, 2);
    expect((await world.storage.rounds.task(id))?.state).toBe("running");
    await refuse(world, clients, 1);
    const paused = { state: "paused", pauseReason: "PLAN_REFUSED" };
    expect(await world.storage.rounds.task(id)).toMatchObject(paused);
    expect(world.events.at(-1)).toEqual({
      type: "task-state",
      taskId: id,
      state: "paused",
      reason: "PLAN_REFUSED",
    });
    expect(logged).toEqual([
      ["task refused by all clients", { task: id, state: "paused", reason: "PLAN_REFUSED" }],
    ]);

    // A restart changes nothing.
    const later = makeWorld({ storage: world.storage });
    await later.coordinator.recover();
    expect(await later.storage.rounds.task(id)).toMatchObject(paused);
    expect(await later.coordinator.startTask(id)).toMatchObject({
      state: "running",
      pauseReason: null,
    });
    const again = clientsOf(later, 3);
    await refuse(later, again, 2);
    expect((await later.storage.rounds.task(id))?.state).toBe("running");
    await refuse(later, again, 1);
    expect(await later.storage.rounds.task(id)).toMatchObject(paused);
  });

  it("goes on when it cannot be stored that it pauses, and pauses later", async () => {
    const world = makeWorld();
    const { id } = await world.startTask();
    const { rounds } = world.storage;
    const { setTaskState } = rounds;
    rounds.setTaskState = () => Promise.reject(new Error("away"));
    const clients = clientsOf(world, 3);
    await refuse(world, clients, 3);
    rounds.setTaskState = setTaskState;
    expect((await rounds.task(id))?.state).toBe("running");
    await refuse(world, clients, 1);
    expect((await rounds.task(id))?.state).toBe("paused");
  });
});

describe("strangers who refuse every round", () => {
  it("do not stop a task that others could report to", async () => {
    const world = makeWorld();
    const { id } = await world.startTask();
    const honest = world.checkIn(3, "honest");
    for (const client of honest) client.report();
    await until("the round has ended", () => honest[0]!.outcomes.length === 1);
    await refuse(world, clientsOf(world, 3), 12);
    expect((await world.storage.rounds.task(id))?.state).toBe("running");
  });

  it("do not stop a new task once another client has begun to report", async () => {
    const world = makeWorld();
    const { id } = await world.startTask({ round: { goalCount: 4, overselection: 1 } });
    const [honest] = world.checkIn(1, "honest");
    const strangers = clientsOf(world, 3);
    await refuse(world, strangers, 1);
    expect(honest!.isSeated).toBe(true);
    // The others have been heard, and this one is: the round is not given up before.
    honest!.begin();
    await until("the round has ended", () => honest!.outcomes.length === 1);
    // It is told when to come back. Until then the strangers have the rounds for themselves.
    await refuse(world, clientsOf(world, 4), 5);
    expect((await world.storage.rounds.task(id))?.state).toBe("running");
  });

  it("do not stop a task from one or two addresses", async () => {
    const world = makeWorld();
    const { id } = await world.startTask();
    const strangers = clientsOf(world, 3);
    for (const [index, stranger] of strangers.entries()) stranger.site = `192.0.2.${index % 2}`;
    await refuse(world, strangers, 9);
    expect((await world.storage.rounds.task(id))?.state).toBe("running");
  });
});
