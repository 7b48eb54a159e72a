import type { RoundId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import {
  DIMENSION,
  INITIAL,
  codeOf,
  makeWorld,
  quiet,
  until,
  type MemoryParticipant,
  type ReportChanges,
} from "./coordinator-world.ts";

const update = (...values: number[]): ReportChanges => ({ update: Float32Array.from(values) });

/** Runs one round in which every client reports the update `changes`. */
async function runRound(
  clients: readonly MemoryParticipant[],
  changes: ReportChanges = {},
): Promise<void> {
  const before = clients.map((client) => client.outcomes.length);
  for (const client of clients) client.checkIn();
  await until("everyone is in the cohort", () => clients.every(({ isSeated }) => isSeated));
  for (const client of clients) client.report(changes);
  await until("everyone has heard", () =>
    clients.every((client, i) => client.outcomes.length === before[i]! + 1),
  );
}

describe("a task's rounds", () => {
  it("run one after the other, are stored completely, and end with the task", async () => {
    const world = makeWorld();
    const task = await world.startTask({ stop: { rounds: 3 } });
    const clients = ["a", "b", "c"].map((name) => world.client(name));
    const expected = [...INITIAL];
    for (let number = 1; number <= 3; number++) {
      for (const client of clients) client.checkIn();
      await until("all are seated", () => clients.every(({ isSeated }) => isSeated));
      // Every client gets the newest model.
      for (const client of clients) expect(client.receivedWeights()).toEqual(expected);
      clients[0]!.report({ ...update(1, 0, 0, 0, 0), header: { exampleCount: 30 } });
      clients[1]!.report({ ...update(0, 1, 0, 0, 4), header: { exampleCount: 10 } });
      clients[2]!.report({ ...update(0, 0, 2, 0, 0), header: { exampleCount: 10 } });
      [0.6, 0.2, 0.4, 0, 0.8].forEach((step, i) => {
        expected[i] = Math.fround(expected[i]! + step);
      });
      await until("all have heard", () =>
        clients.every(({ outcomes }) => outcomes.length === number),
      );
      world.clock.advance(100);
    }
    const rounds = await world.rounds(task);
    expect(rounds.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, "committed"],
      [2, "committed"],
      [3, "committed"],
    ]);
    for (const [index, round] of rounds.entries()) {
      expect(round).toMatchObject({
        selected: 3,
        reported: 3,
        rejected: 0,
        droppedOut: 0,
        exampleCount: 50,
        reason: null,
        metrics: { loss: 1, accuracy: 0.5 },
        baseCheckpoint: index === 0 ? task.initialCheckpoint : rounds[index - 1]!.checkpoint,
      });
      expect(round.bytesUp).toBe(3 * 20);
      expect(round.bytesDown).toBe(3 * 100);
    }
    expect(await world.weights(task)).toEqual(expected);
    expect((await world.storage.rounds.task(task.id))?.state).toBe("finished");
    // Each member is told once how each round ended, and with the last round that the task has
    // ended.
    for (const { outcomes } of clients) {
      expect(outcomes.map(({ roundId }) => roundId)).toEqual(rounds.map(({ id }) => id));
      expect(outcomes.map(({ taskFinished }) => taskFinished)).toEqual([false, false, true]);
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(
        rounds.map(({ checkpoint }) => ({ committed: { id: checkpoint, byteLength: 20 } })),
      );
    }
    expect(codeOf(() => clients[0]!.checkIn())).toBe("NO_OPEN_ROUND");
    await world.coordinator.close();
    expect(world.clock.pendingCount).toBe(0);
  });

  it("train and send only the parameters that the plan trains", async () => {
    const world = makeWorld();
    const task = await world.startTask({ plan: { trainable: ["second"] } });
    const clients = world.checkIn(3);
    expect(clients[0]!.attempt(update(1, 1, 1, 1, 1))).toBe("UPDATE_SHAPE");
    for (const client of clients.slice(1)) client.report(update(8, -8));
    await until("round 1 is committed", () => clients[1]!.outcomes.length === 1);
    expect(await world.weights(task)).toEqual([0.5, -1, 2, 8, -7.75]);
  });

  it("go on after a restart from the last checkpoint, with the next number", async () => {
    const first = makeWorld();
    const task = await first.startTask({ stop: { rounds: 9 } });
    const clients = ["a", "b", "c"].map((name) => first.client(name));
    await runRound(clients);
    await runRound(clients);
    for (const client of clients) client.checkIn();
    await until("round 3 goes on", () => clients.every(({ isSeated }) => isSeated));
    clients[0]!.report();
    // The process ends here. Nothing is closed, and no client is told.

    const second = makeWorld({ seed: 2, storage: first.storage });
    await second.coordinator.recover();
    expect(await second.coordinator.progress(task)).toMatchObject({
      phase: "selecting",
      committedRounds: 2,
    });
    const others = ["d", "e", "f"].map((name) => second.client(name));
    for (const client of others) client.checkIn();
    expect(others[0]!.configuration?.roundNumber).toBe(3);
    expect(others[0]!.receivedWeights()).toEqual([2.5, 1, 4, 2, 2.25]);
    for (const client of others) client.report();
    await until("round 3 is committed", () =>
      others.every(({ outcomes }) => outcomes.length === 1),
    );
    const rounds = await second.rounds(task);
    expect(rounds.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, "committed"],
      [2, "committed"],
      [3, "committed"],
    ]);
    expect(await second.weights(task)).toEqual([3.5, 2, 5, 3, 3.25]);
  });

  it("begin with the minimum when their time is up, and commit with the minimum at the deadline", async () => {
    const world = makeWorld();
    const task = await world.startTask(); // goal 3, minimum 2
    const clients = world.checkIn(2);
    expect(clients[0]!.told).toEqual([]);
    world.clock.advance(1_000);
    expect(clients.every(({ isSeated }) => isSeated)).toBe(true);
    clients[0]!.report();
    clients[1]!.begin();
    world.clock.advance(9_999);
    expect(clients[0]!.outcomes).toEqual([]);
    clients[1]!.upload(); // in the last millisecond
    await until("the round is committed", () => clients[0]!.outcomes.length === 1);
    expect((await world.rounds(task)).map(({ outcome, reported }) => [outcome, reported])).toEqual([
      ["committed", 2],
    ]);
  });

  it("are abandoned at the deadline with fewer, and leave their number to the next attempt", async () => {
    const world = makeWorld();
    const task = await world.startTask({ round: { goalCount: 3, minimumFraction: 1 } });
    const clients = world.checkIn(3);
    clients[0]!.report();
    clients[1]!.begin(); // and sends nothing
    world.clock.advance(10_000);
    await until("all have heard", () => clients.every(({ outcomes }) => outcomes.length === 1));
    for (const { outcomes } of clients) {
      expect(outcomes[0]).toMatchObject({
        outcome: { abandoned: "reporting-timeout" },
        taskFinished: false,
      });
      expect(outcomes[0]!.nextCheckInMs).toBeGreaterThan(0);
    }
    world.clock.advance(1_000);
    await runRound(clients);
    const rounds = await world.rounds(task);
    expect(rounds.map(({ number, outcome, reason }) => [number, outcome, reason])).toEqual([
      [1, "abandoned", "reporting-timeout"],
      [1, "committed", null],
    ]);
    // The report of the first attempt is in neither the aggregate nor the model.
    expect(await world.weights(task)).toEqual([1.5, 0, 3, 1, 1.25]);
  });

  it("are abandoned at once when too many leave", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const [a, b, c] = world.checkIn(3);
    a!.disconnect();
    expect(c!.outcomes).toEqual([]);
    b!.withdraw();
    await until("the last member has been told", () => c!.outcomes.length === 1);
    expect(c!.outcomes[0]!.outcome).toEqual({ abandoned: "too-few-left" });
    expect([a!.outcomes, b!.outcomes]).toEqual([[], []]);
    await quiet();
    expect((await world.rounds(task))[0]).toMatchObject({
      selected: 3,
      droppedOut: 2,
      reported: 0,
      fates: {
        reported: 0,
        refused: {},
        withdrew: { TRAINING_FAILED: 1 },
        left: { training: 1 },
        unfinished: { training: 1 },
      },
    });
  });

  it("tell members that come too late how they ended", async () => {
    const world = makeWorld();
    const task = await world.startTask({ round: { goalCount: 2, overselection: 3 } });
    const [a, b, uploading, begun, training, left] = world.checkIn(6);
    uploading!.begin();
    uploading!.chunk(new Uint8Array(8));
    begun!.begin();
    left!.disconnect();
    a!.report();
    b!.report();
    // The round is closed and is being stored. No further message counts, and none does harm.
    expect(training!.attempt()).toBe("ROUND_CLOSED");
    uploading!.chunk(new Uint8Array(12));
    begun!.upload();
    await until("the round is committed", () => a!.outcomes.length === 1);
    for (const member of [a, b, uploading, begun]) {
      expect(member!.outcomes).toHaveLength(1);
      expect(member!.outcomes[0]!.outcome).toHaveProperty("committed");
    }
    // The member that left and the one that was refused are not told again.
    expect([left!.outcomes, training!.outcomes]).toEqual([[], []]);
    // The record counts the members that the round did not wait for, and how far they had come.
    expect((await world.rounds(task))[0]).toMatchObject({
      selected: 6,
      reported: 2,
      droppedOut: 1,
      fates: {
        reported: 2,
        refused: {},
        withdrew: {},
        left: { training: 1 },
        unfinished: { training: 1, uploading: 2 },
      },
    });
    // After the round's end, messages and departures of its members do no harm.
    uploading!.seat!.leave();
    begun!.withdraw();
    expect(training!.attempt()).toBe("ROUND_CLOSED");
    await quiet();
    expect((await world.rounds(task)).length).toBe(1);
  });

  it("take members of the last round again, but not those whose connection is lost", async () => {
    const world = makeWorld();
    await world.startTask();
    const [a, b, c, d] = world.checkIn(4); // d waits: the cohort is full
    for (const client of [a, b, c]) client!.report();
    await until("round 1 is committed", () => a!.outcomes.length === 1);
    d!.disconnect();
    a!.checkIn();
    b!.checkIn();
    await quiet();
    expect(world.events.filter(({ type }) => type === "round-started")).toHaveLength(1);
    c!.checkIn();
    expect(c!.configuration?.roundNumber).toBe(2);
    expect(d!.told).toEqual([]);
  });
});

describe("a large cohort", () => {
  const everyone = { goalCount: 100, overselection: 1, minimumFraction: 0.5 };

  it("is configured with breaks, and a member that goes in the meantime counts as left", async () => {
    const world = makeWorld();
    const task = await world.startTask({ round: everyone });
    const clients = world.checkIn(100);
    const configured = (): number => clients.filter(({ isSeated }) => isSeated).length;
    // Without breaks, other work would have to wait for a hundred encryptions.
    expect(configured()).toBeLessThan(40);
    expect(configured()).toBeGreaterThan(0);
    const gone = clients[99]!;
    gone.disconnect();
    await until("the others are configured", () => configured() === 99);
    expect(gone.configuration).toBeUndefined();
    for (const client of clients) if (client !== gone) client.report();
    await until("the others have heard", () =>
      clients.every((client) => client === gone || client.outcomes.length === 1),
    );
    expect(await world.rounds(task)).toMatchObject([
      { outcome: "committed", selected: 100, reported: 99, droppedOut: 1 },
    ]);
  });

  it("is never told of a round's end before its beginning", async () => {
    const world = makeWorld();
    await world.startTask({ round: { ...everyone, minimumFraction: 1 } });
    const clients = world.checkIn(100);
    const first = clients.find(({ isSeated }) => isSeated)!;
    first.withdraw();
    const others = clients.filter((client) => client !== first);
    await until("the others have heard", () =>
      others.every(({ outcomes }) => outcomes.length === 1),
    );
    for (const { told } of others)
      expect(told.map(({ type }) => type)).toEqual(["configured", "ended"]);
  });
});

describe("the selection of clients", () => {
  it("refuses an unsuitable client with the reason and a time to come back", async () => {
    const world = makeWorld();
    await world.startTask({ eligibility: { minimumExamples: 5 } });
    const client = world.client("a");
    for (const offer of [
      { codecs: ["uniform"] },
      { codecs: [] },
      { maxParameters: DIMENSION - 1 },
      { exampleCount: 4 },
    ]) {
      expect(codeOf(() => client.checkIn(offer))).toBe("NOT_ELIGIBLE");
    }
    expect(codeOf(() => client.checkIn({ population: "nobody" }))).toBe("NO_OPEN_ROUND");
    expect(codeOf(() => client.checkIn({ population: "__proto__" }))).toBe("NO_OPEN_ROUND");
    client.checkIn({ maxParameters: DIMENSION, exampleCount: 5 });
  });

  it("never gives one client to two tasks at the same time", async () => {
    const world = makeWorld();
    const round = { goalCount: 2, overselection: 1, minimumFraction: 1 };
    const tasks = [
      await world.startTask({ name: "one", round }),
      await world.startTask({ name: "two", round }),
    ];
    const clients = Array.from({ length: 5 }, (_, index) => world.client(`client-${index}`));
    const inRound = new Map<string, RoundId>();
    for (let turn = 0; turn < 40; turn++) {
      for (const client of clients) {
        if (inRound.has(client.name)) continue;
        if (client.told.length === 0 || client.told.at(-1)?.type === "ended") client.checkIn();
      }
      for (const client of clients) {
        const last = client.told.at(-1);
        if (last?.type === "configured") {
          // Each configuration comes after the end of the client's previous round.
          expect(inRound.has(client.name)).toBe(false);
          inRound.set(client.name, last.roundId);
        }
      }
      for (const client of clients) if (client.isSeated) client.report();
      await quiet();
      for (const client of clients) {
        if (client.told.at(-1)?.type === "ended") inRound.delete(client.name);
      }
    }
    for (const client of clients) {
      const types = client.told.map(({ type }) => type).join(" ");
      expect(types).toMatch(/^(configured granted answered ended ?)*$/u);
    }
    const counts = await Promise.all(
      tasks.map(async (task) => (await world.rounds(task)).filter((r) => r.selected === 2).length),
    );
    // Neither task takes all clients from the other.
    expect(Math.min(...counts)).toBeGreaterThan(5);
  });

  it("sends the waiting clients away when the population's last task stops", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const [a] = world.checkIn(1);
    await world.coordinator.pauseTask(task.id);
    expect(a!.told).toEqual([
      { type: "rejected", code: "NO_OPEN_ROUND", retryAfterMs: expect.any(Number) },
    ]);
    expect((await world.coordinator.progress(task)).waitingClients).toBe(0);
    // A round that has selected nobody leaves no record.
    expect(await world.rounds(task)).toEqual([]);
    expect(world.events.some(({ type }) => type === "round-ended")).toBe(false);
  });
});
