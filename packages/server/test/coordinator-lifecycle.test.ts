import { TributaryError, type CryptoProvider } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it, vi } from "vitest";

import { openMemoryStore } from "../src/storage/memory.ts";
import type { Storage } from "../src/storage/storage.ts";
import type { RoundStore, TaskRecord } from "../src/storage/round-store.ts";
import { exampleTask } from "@tributary/core/testing";
import {
  MODEL,
  codeOf,
  makeWorld,
  quiet,
  until,
  type MemoryParticipant,
  type World,
} from "./coordinator-world.ts";

const crypto = createNodeCryptoProvider();

/** Makes a store in memory, some methods of which are replaced. */
function storeWith(changes: (rounds: RoundStore) => Partial<RoundStore>): Storage {
  const storage = openMemoryStore({ crypto });
  const { rounds } = storage;
  const instead = changes(rounds);
  const wrapped = new Proxy(rounds, {
    get(target, name: keyof RoundStore) {
      const method = instead[name] ?? target[name];
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
  return { ...storage, rounds: wrapped };
}

const unavailable = (): TributaryError =>
  new TributaryError("STORAGE_UNAVAILABLE", "The store does not answer", { remedy: "Wait." });

async function committed(world: World, task: TaskRecord): Promise<number[]> {
  return (await world.rounds(task)).filter((r) => r.outcome === "committed").map((r) => r.number);
}

/** Checks clients in, lets them report, and waits until they are told how the round has ended. */
async function runRound(clients: readonly MemoryParticipant[]): Promise<void> {
  const before = clients.map(({ outcomes }) => outcomes.length);
  for (const client of clients) client.checkIn();
  await until("all are seated", () => clients.every(({ isSeated }) => isSeated));
  for (const client of clients) client.report();
  await until("all have heard", () =>
    clients.every(({ outcomes }, i) => outcomes.length > before[i]!),
  );
}

const threeClients = (world: World): MemoryParticipant[] =>
  ["a", "b", "c"].map((name) => world.client(name));

describe("pausing, cancelling and closing", () => {
  it("lets the round in flight end and starts no other when its task is paused", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const clients = world.checkIn(3);
    await world.coordinator.pauseTask(task.id); // answers at once
    await quiet();
    expect(await world.coordinator.progress(task)).toMatchObject({ phase: "reporting" });
    expect(codeOf(() => world.client("late").checkIn())).toBe("NO_OPEN_ROUND");
    for (const client of clients) client.report();
    await until("all have heard", () => clients.every(({ outcomes }) => outcomes.length === 1));
    await quiet();
    expect(clients.map(({ outcomes }) => outcomes.length)).toEqual([1, 1, 1]);
    expect(await committed(world, task)).toEqual([1]);
    expect(await world.coordinator.progress(task)).toMatchObject({ phase: "idle" });
    expect(world.clock.pendingCount).toBe(0);

    await world.coordinator.startTask(task.id);
    world.clock.advance(10_000); // as long as the clients were told to wait, and not longer
    await runRound(clients);
    expect(await committed(world, task)).toEqual([1, 2]);
  });

  it("abandons the round in flight and never starts another when its task is cancelled", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const clients = world.checkIn(3);
    clients[0]!.report();
    await world.coordinator.cancelTask(task.id);
    for (const { outcomes } of clients) {
      expect(outcomes.map(({ outcome }) => outcome)).toEqual([{ abandoned: "cancelled" }]);
    }
    expect((await world.rounds(task)).map(({ reason }) => reason)).toEqual(["cancelled"]);
    await expect(world.coordinator.startTask(task.id)).rejects.toMatchObject({
      code: "TASK_STATE_CONFLICT",
    });
    expect(world.clock.pendingCount).toBe(0);
  });

  it("stores a round that had its reports before its task was cancelled", async () => {
    let write = (): void => {};
    const storage = storeWith((rounds) => ({
      commit: async (end) => {
        await new Promise<void>((resolve) => (write = resolve));
        return rounds.commit(end);
      },
    }));
    const world = makeWorld({ storage });
    const task = await world.startTask();
    const clients = world.checkIn(3);
    for (const client of clients) client.report();
    const cancelled = world.coordinator.cancelTask(task.id);
    await quiet();
    expect(clients[0]!.outcomes).toEqual([]);
    write();
    await cancelled;
    expect(clients[0]!.outcomes[0]!.outcome).toHaveProperty("committed");
    expect(await committed(world, task)).toEqual([1]);
  });

  it("tells all clients when the server closes, and leaves the task for the next start", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const members = world.checkIn(3);
    const [waiting] = world.checkIn(1, "waiting");
    await world.coordinator.close();
    for (const { outcomes } of members) {
      expect(outcomes.map(({ outcome }) => outcome)).toEqual([{ abandoned: "server-stopping" }]);
    }
    expect(waiting!.told.map(({ type }) => type)).toEqual(["rejected"]);
    expect(world.clock.pendingCount).toBe(0);
    expect((await world.storage.rounds.task(task.id))?.state).toBe("running");
    await world.coordinator.close(); // idempotent
    expect(members[0]!.outcomes).toHaveLength(1);
  });

  it("commits a round with enough reports when the server closes, and tells all its members", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const [a, b, slow] = world.checkIn(3);
    a!.report();
    b!.report(); // two of three are the minimum
    await world.coordinator.close();
    for (const client of [a, b, slow]) {
      expect(client!.outcomes.map(({ outcome }) => Object.keys(outcome))).toEqual([["committed"]]);
    }
    expect(slow!.attempt()).toBe("ROUND_CLOSED");
    expect((await world.rounds(task))[0]!.fates).toMatchObject({
      reported: 2,
      unfinished: { training: 1 },
    });
    expect(world.clock.pendingCount).toBe(0);
  });

  it("refuses orders that the state of a task does not allow, and orders for unknown tasks", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const { coordinator } = world;
    await expect(coordinator.startTask(task.id)).rejects.toMatchObject({
      code: "TASK_STATE_CONFLICT",
    });
    await expect(coordinator.pauseTask("task_none" as typeof task.id)).rejects.toMatchObject({
      code: "TASK_UNKNOWN",
    });
    await coordinator.pauseTask(task.id);
    await coordinator.cancelTask(task.id);
    await expect(coordinator.pauseTask(task.id)).rejects.toMatchObject({
      code: "TASK_STATE_CONFLICT",
    });
    const created = await coordinator.createTask(exampleTask(), MODEL, new Float32Array(5));
    await coordinator.cancelTask(created.id);
    await expect(coordinator.startTask(created.id)).rejects.toMatchObject({
      code: "TASK_STATE_CONFLICT",
    });
  });

  it("opens one round, not two, when a task is resumed while its last round is being stored", async () => {
    let write = (): void => {};
    const storage = storeWith((rounds) => ({
      commit: async (end) => {
        if (end.round.outcome === "abandoned") {
          await new Promise<void>((resolve) => (write = resolve));
        }
        return rounds.commit(end);
      },
    }));
    const world = makeWorld({ storage });
    const task = await world.startTask();
    const clients = world.checkIn(3);
    await world.coordinator.pauseTask(task.id);
    await quiet();
    clients[0]!.disconnect();
    clients[1]!.disconnect(); // too few are left
    await quiet();
    await world.coordinator.startTask(task.id);
    const others = world.checkIn(3, "other");
    await quiet();
    expect(others.some(({ isSeated }) => isSeated)).toBe(false);
    write();
    await quiet();
    expect(others.every(({ isSeated }) => isSeated)).toBe(true);
    for (const client of others) client.report();
    await until("the others have heard", () =>
      others.every(({ outcomes }) => outcomes.length === 1),
    );
    expect(await committed(world, task)).toEqual([1]);
  });
});

describe("a task that ends", () => {
  it("ends with the round that reaches its target metric", async () => {
    const world = makeWorld();
    const task = await world.startTask({
      stop: { rounds: 9, targetMetric: { name: "accuracy", atLeast: 0.9 } },
    });
    const clients = threeClients(world);
    await runRound(clients); // accuracy 0.5
    for (const client of clients) client.checkIn();
    const metrics = [
      { name: "loss", value: 1 },
      { name: "accuracy", value: 0.9 },
    ];
    for (const client of clients) client.report({ header: { exampleCount: 1_000, metrics } });
    await until("all have heard", () => clients.every(({ outcomes }) => outcomes.length === 2));
    expect(clients[0]!.outcomes.map(({ taskFinished }) => taskFinished)).toEqual([false, true]);
    expect((await world.storage.rounds.task(task.id))?.state).toBe("finished");
    expect(world.events.filter(({ type }) => type === "task-state").at(-1)).toMatchObject({
      state: "finished",
    });
  });

  it("is finished, and not left paused, when it was paused during its last round", async () => {
    const world = makeWorld();
    const task = await world.startTask({ stop: { rounds: 1 } });
    const clients = world.checkIn(3);
    await world.coordinator.pauseTask(task.id);
    for (const client of clients) client.report();
    await until("all have heard", () => clients.every(({ outcomes }) => outcomes.length === 1));
    expect((await world.storage.rounds.task(task.id))?.state).toBe("finished");
    await expect(world.coordinator.startTask(task.id)).rejects.toMatchObject({
      code: "TASK_STATE_CONFLICT",
    });
  });

  it("runs no further round when the process had ended before the task was marked as finished", async () => {
    let fails = true;
    const storage = storeWith((rounds) => ({
      setTaskState: (id, from, to) =>
        to === "finished" && fails
          ? Promise.reject(unavailable())
          : rounds.setTaskState(id, from, to),
    }));
    const first = makeWorld({ storage });
    const task = await first.startTask({ stop: { rounds: 2 } });
    const clients = threeClients(first);
    await runRound(clients);
    await runRound(clients);
    expect((await storage.rounds.task(task.id))?.state).toBe("running");

    fails = false;
    const second = makeWorld({ seed: 2, storage });
    await second.coordinator.recover();
    await quiet();
    expect((await storage.rounds.task(task.id))?.state).toBe("finished");
    expect(codeOf(() => second.client("d").checkIn())).toBe("NO_OPEN_ROUND");
    expect(await committed(second, task)).toEqual([1, 2]);
  });
});

describe("a task whose server or store fails", () => {
  it("abandons a round that cannot be stored, and commits the next attempt", async () => {
    let failures = 1;
    const storage = storeWith((rounds) => ({
      commit: (end) =>
        end.round.outcome === "committed" && failures-- > 0
          ? Promise.reject(unavailable())
          : rounds.commit(end),
    }));
    const world = makeWorld({ storage });
    const task = await world.startTask();
    const clients = threeClients(world);
    await runRound(clients);
    for (const { outcomes } of clients) {
      expect(outcomes.map(({ outcome }) => outcome)).toEqual([{ abandoned: "commit-failed" }]);
    }
    expect(await world.weights(task)).toEqual([0.5, -1, 2, 0, 0.25]);
    world.clock.advance(999);
    for (const client of clients) client.checkIn(); // they may wait; the attempt comes after a pause
    expect(clients.some(({ isSeated }) => isSeated)).toBe(false);
    world.clock.advance(1);
    await until("all are seated", () => clients.every(({ isSeated }) => isSeated));
    expect(clients[0]!.receivedWeights()).toEqual([0.5, -1, 2, 0, 0.25]);
    for (const client of clients) client.report();
    await until("all have heard", () => clients.every(({ outcomes }) => outcomes.length === 2));
    const rounds = await world.rounds(task);
    expect(rounds.map(({ number, outcome, reason }) => [number, outcome, reason])).toEqual([
      [1, "abandoned", "commit-failed"],
      [1, "committed", null],
    ]);
    expect(await world.weights(task)).toEqual([1.5, 0, 3, 1, 1.25]);
  });

  it("makes no further attempt when it is stopped during the pause after a failure", async () => {
    let isDown = true;
    const storage = storeWith((rounds) => ({
      commit: (end) => (isDown ? Promise.reject(unavailable()) : rounds.commit(end)),
    }));
    const world = makeWorld({ storage });
    const task = await world.startTask();
    await runRound(threeClients(world));
    await quiet();
    await world.coordinator.pauseTask(task.id);
    await quiet();
    expect(world.clock.pendingCount).toBe(0);
    expect(world.events.filter(({ type }) => type === "round-opened")).toHaveLength(1);
    // A start by an operator does not wait for the end of the pause, but the store must answer.
    isDown = false;
    await world.coordinator.startTask(task.id);
    await quiet();
    expect(await world.coordinator.progress(task)).toMatchObject({ phase: "selecting" });
  });

  it("goes on from the stored state when the store has taken a round and its answer was lost", async () => {
    let losses = 1;
    const storage = storeWith((rounds) => ({
      commit: async (end) => {
        await rounds.commit(end);
        if (end.round.outcome === "committed" && losses-- > 0) throw unavailable();
      },
    }));
    const world = makeWorld({ storage });
    const serverOptimizer = { name: "fedavgm", momentum: 0.5 };
    const task = await world.startTask({ serverOptimizer });
    const clients = threeClients(world);
    await runRound(clients);
    world.clock.advance(1_000);
    await quiet();
    for (const client of clients) client.checkIn();
    await until("all are seated", () => clients.every(({ isSeated }) => isSeated));
    expect(clients[0]!.configuration?.roundNumber).toBe(2);
    expect(clients[0]!.receivedWeights()).toEqual([1.5, 0, 3, 1, 1.25]);
    for (const client of clients) client.report();
    await until("all have heard", () => clients.every(({ outcomes }) => outcomes.length === 2));
    expect(clients[0]!.outcomes[1]!.outcome).toHaveProperty("committed");
    expect(await committed(world, task)).toEqual([1, 2]);
    // The velocity of the first round is in the second: each value has grown by 1 and then by 1.5.
    expect(await world.weights(task)).toEqual([3, 1.5, 4.5, 2.5, 2.75]);
  });

  it("tries again after ever longer pauses while the store is away, and loses no round", async () => {
    let down = false;
    const attemptsAtMs: number[] = [];
    const storage = storeWith((rounds) => ({
      commit: (end) => {
        attemptsAtMs.push(world.clock.now() - startMs);
        return down ? Promise.reject(unavailable()) : rounds.commit(end);
      },
      lastCommitted: (id) => (down ? Promise.reject(unavailable()) : rounds.lastCommitted(id)),
    }));
    const world = makeWorld({ storage });
    const startMs = world.clock.now();
    const task = await world.startTask();
    const clients = threeClients(world);
    down = true;
    await runRound(clients);
    for (const { outcomes } of clients) expect(outcomes[0]!.nextCheckInMs).toBe(1_000);
    for (let second = 0; second < 200; second++) {
      world.clock.advance(1_000);
      await quiet();
    }
    // The round itself was tried twice, as committed and as abandoned. Then follow pauses of 1, 2,
    // 4, … seconds, of a minute at most.
    expect(attemptsAtMs.map((ms) => ms / 1_000)).toEqual([0, 0, 1, 3, 7, 15, 31, 63, 123, 183]);
    const [late] = [world.client("late")];
    expect(codeOf(() => late.checkIn())).toBe("NO_OPEN_ROUND");
    down = false;
    world.clock.advance(43_000);
    await quiet();
    await runRound(clients);
    expect((await world.rounds(task)).map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ["abandoned", "commit-failed"],
      ["committed", null],
    ]);
    // After a success the count begins anew: the next failure pauses for one second again.
    down = true;
    await runRound(clients);
    expect(clients[0]!.outcomes.at(-1)!.nextCheckInMs).toBe(1_000);
  });

  it("abandons a round that cannot be configured and goes on after a pause", async () => {
    let failures = 1;
    const failing: CryptoProvider = {
      ...crypto,
      ed25519Sign(seed, message) {
        if (failures-- > 0) throw new TributaryError("INTERNAL", "The signer is away");
        return crypto.ed25519Sign(seed, message);
      },
    };
    const world = makeWorld({ crypto: failing });
    const task = await world.startTask();
    const clients = world.checkIn(3); // the third starts the round
    await quiet();
    expect((await world.rounds(task)).map(({ reason }) => reason)).toEqual([
      "configuration-failed",
    ]);
    expect(clients.flatMap(({ told }) => told)).toEqual([]); // they wait on
    world.clock.advance(1_000);
    await until("all are seated", () => clients.every(({ isSeated }) => isSeated));
    for (const client of clients) client.report();
    await until("all have heard", () => clients.every(({ outcomes }) => outcomes.length === 1));
    expect(await committed(world, task)).toEqual([1]);
  });

  it("goes on when the configuration of a round fails that was full when it opened", async () => {
    let failures = 0;
    const failing: CryptoProvider = {
      ...crypto,
      ed25519Sign(seed, message) {
        if (failures-- > 0) throw new TributaryError("INTERNAL", "The signer is away");
        return crypto.ed25519Sign(seed, message);
      },
    };
    const rejected = vi.fn<(reason: unknown) => void>();
    process.on("unhandledRejection", rejected);
    try {
      const world = makeWorld({ crypto: failing });
      const task = await world.startTask();
      const members = world.checkIn(3);
      const waiting = world.checkIn(4, "waiting"); // more than the next cohort, while the first trains
      failures = 1;
      for (const client of members) client.report();
      await until("round 1 is over", () => members.every(({ outcomes }) => outcomes.length === 1));
      await quiet();
      world.clock.advance(1_000);
      await until("round 2 has its cohort", () => waiting.filter((c) => c.isSeated).length === 3);
      for (const client of waiting.filter((c) => c.isSeated)) client.report();
      await until("round 2 is over", () => waiting.some(({ outcomes }) => outcomes.length === 1));
      expect(await committed(world, task)).toEqual([1, 2]);
      expect(rejected).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", rejected);
    }
  });

  it("does not wait for a member that left while others were being configured", async () => {
    const world = makeWorld();
    const task = await world.startTask({ round: { goalCount: 3, minimumFraction: 0.5 } });
    const [a, b] = world.checkIn(2);
    const last = world.client("last");
    // Sending to one client reveals that another one is gone.
    a!.configure = function configure(...args) {
      Object.getPrototypeOf(a).configure.apply(a, args);
      b!.disconnect();
    };
    last.checkIn();
    a!.report();
    last.report();
    await until("the round is committed", () => a!.outcomes.length === 1);
    expect((await world.rounds(task))[0]).toMatchObject({ reported: 2, outcome: "committed" });
    expect(b!.told).toEqual([]);
  });

  it("goes on when a listener of its events throws", async () => {
    const world = makeWorld({
      listener: () => {
        throw new Error("a listener's own fault");
      },
    });
    const task = await world.startTask({ stop: { rounds: 2 } });
    const clients = threeClients(world);
    await runRound(clients);
    await runRound(clients);
    expect(await committed(world, task)).toEqual([1, 2]);
  });

  it("can be started again after its model could not be loaded", async () => {
    const storage = openMemoryStore({ crypto });
    let lost = true;
    const world = makeWorld({
      storage: {
        ...storage,
        checkpoints: {
          put: (id, bytes) => storage.checkpoints.put(id, bytes),
          get: async (id) => (lost ? undefined : storage.checkpoints.get(id)),
          has: (id) => storage.checkpoints.has(id),
          probeWrite: () => storage.checkpoints.probeWrite(),
          close: () => storage.checkpoints.close(),
        },
      },
    });
    const definition = exampleTask();
    const task = await world.coordinator.createTask(definition, MODEL, new Float32Array(5));
    await expect(world.coordinator.startTask(task.id)).rejects.toMatchObject({
      code: "CHECKPOINT_UNKNOWN",
    });
    // The task must not be `running`, or the next start of the server would try it again.
    expect((await storage.rounds.task(task.id))?.state).toBe("created");
    lost = false;
    await world.coordinator.startTask(task.id);
    await runRound(threeClients(world));
    expect(await committed(world, task)).toEqual([1]);
  });

  it("is not stored when its initial values do not fit its model", async () => {
    const world = makeWorld();
    const create = (values: Float32Array) =>
      world.coordinator.createTask(exampleTask(), MODEL, values);
    await expect(create(new Float32Array(4))).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT" });
    await expect(create(new Float32Array(5).fill(NaN))).rejects.toMatchObject({
      code: "CHECKPOINT_CORRUPT",
    });
    expect(await world.storage.rounds.tasks()).toEqual([]);
  });

  it("does not keep the server from closing when its model cannot be loaded", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const members = world.checkIn(3);
    const other = await world.coordinator.createTask(
      exampleTask({ name: "other", population: "others" }),
      MODEL,
      new Float32Array(5),
    );
    let fail = (_error: Error): void => {};
    vi.spyOn(world.storage.checkpoints, "get").mockReturnValue(
      new Promise((_resolve, reject) => (fail = reject)),
    );
    const started = world.coordinator.startTask(other.id);
    await quiet();
    const closed = world.coordinator.close();
    fail(unavailable());
    await expect(started).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    await closed;
    expect(members[0]!.outcomes).toHaveLength(1);
    expect(await committed(world, task)).toEqual([]);
  });
});
