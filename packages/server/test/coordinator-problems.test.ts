// Tests tasks whose stored model is damaged: what they say, and how they go on.
import { TributaryError, type ContentId, type TaskId } from "@tributary/protocol";
import { exampleTask } from "@tributary/core/testing";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";

import type { CheckpointStore } from "../src/storage/checkpoint-store.ts";
import { MemoryCheckpointStore, openMemoryStore } from "../src/storage/memory.ts";
import type { Storage } from "../src/storage/storage.ts";
import type { StoredTask, TaskRecord } from "../src/storage/round-store.ts";
import { MODEL, makeWorld, quiet, until, type World } from "./coordinator-world.ts";

const crypto = createNodeCryptoProvider();

/** How a checkpoint is damaged: what reading it comes to. */
const DAMAGE = {
  "has a flipped byte": (id: ContentId) => {
    throw new TributaryError("CHECKPOINT_CORRUPT", `The bytes of checkpoint ${id} differ`, {
      remedy: "Restore it from a backup.",
    });
  },
  "is missing": () => undefined,
  "may not be read": () => {
    throw new TributaryError("STORAGE_UNAVAILABLE", "This user may not read the file", {
      remedy: "Give the user that runs the server the right to read it.",
    });
  },
} satisfies Record<string, (id: ContentId) => undefined>;
const KINDS = Object.keys(DAMAGE) as (keyof typeof DAMAGE)[];

/** A store some of whose checkpoints are damaged. */
class DamagedCheckpoints extends MemoryCheckpointStore implements CheckpointStore {
  readonly damaged: Map<ContentId, keyof typeof DAMAGE> = new Map();

  override async get(id: ContentId): Promise<Uint8Array | undefined> {
    const kind = this.damaged.get(id);
    return kind === undefined ? super.get(id) : DAMAGE[kind](id);
  }

  /** As every store does, this one writes again what is damaged. */
  override async put(id: ContentId, bytes: Uint8Array): Promise<void> {
    await super.put(id, bytes);
    this.damaged.delete(id);
  }
}

function damagedStore(): { storage: Storage; checkpoints: DamagedCheckpoints } {
  const checkpoints = new DamagedCheckpoints(crypto);
  return { storage: openMemoryStore({ crypto, checkpoints }), checkpoints };
}

async function runRounds(world: World, count: number): Promise<void> {
  const clients = ["a", "b", "c"].map((name) => world.client(name));
  for (let done = 0; done < count; done++) {
    for (const client of clients) client.checkIn();
    await until("all are seated", () => clients.every(({ isSeated }) => isSeated));
    for (const client of clients) client.report();
    await until("all have heard", () => clients.every(({ outcomes }) => outcomes.length > done));
  }
}

/** Runs two rounds of a task, closes the server, and opens another one on a damaged store. */
async function restartedWith(
  kind: keyof typeof DAMAGE,
  part: "checkpoint" | "optimizerMemory" = "checkpoint",
): Promise<{ world: World; task: TaskRecord; checkpoints: DamagedCheckpoints }> {
  const { storage, checkpoints } = damagedStore();
  const before = makeWorld({ storage });
  const name = part === "checkpoint" ? "fedavg" : "fedavgm";
  const task = await before.startTask({ serverOptimizer: { name } });
  await runRounds(before, 2);
  await before.coordinator.close();
  const newest = (await storage.rounds.lastCommitted(task.id))!;
  checkpoints.damaged.set(newest[part]!, kind);
  const world = makeWorld({ seed: 2, storage });
  await world.coordinator.recover();
  return { world, task, checkpoints };
}

const kinds = async (world: World, id: TaskId): Promise<[string, number][]> =>
  (await world.storage.rounds.rounds(id))
    .filter(({ outcome }) => outcome === "committed")
    .map((round) => [round.kind, round.number]);

describe.each(KINDS)("a task whose newest checkpoint %s", (kind) => {
  it("says that it does not get on, and which rollback helps", async () => {
    const { world, task } = await restartedWith(kind);
    const { problem } = await world.coordinator.progress(task);
    expect(problem?.message).toContain(
      `\`tributary task rollback ${task.id} --to 1\` goes on from round 1.`,
    );
    expect(world.events).toContainEqual({ type: "task-problem", taskId: task.id, problem });
    expect(world.coordinator.taskCounts).toEqual({ gettingOn: 0, stuck: 1 });
  });

  it("goes on after a rollback to a checkpoint that is whole", async () => {
    const { world, task } = await restartedWith(kind);
    await world.coordinator.rollBackTask(task.id, 1);
    expect(await world.coordinator.progress(task)).toMatchObject({
      phase: "selecting",
      committedRounds: 3,
      problem: undefined,
    });
    expect(world.coordinator.taskCounts).toEqual({ gettingOn: 1, stuck: 0 });
    await runRounds(world, 1);
    expect(await kinds(world, task.id)).toEqual([
      ["training", 1],
      ["training", 2],
      ["rollback", 3],
      ["training", 4],
    ]);
    expect(await world.weights(task)).toEqual([2.5, 1, 4, 2, 2.25]);
  });

  it("goes on by itself once the checkpoint is whole again", async () => {
    const { world, task, checkpoints } = await restartedWith(kind);
    world.clock.advance(1_000);
    await quiet();
    expect(world.events.filter(({ type }) => type === "task-problem")).toHaveLength(1);
    checkpoints.damaged.clear();
    world.clock.advance(2_000);
    await quiet();
    expect(world.events.at(-2)).toEqual({ type: "task-problem", taskId: task.id, problem: null });
    await runRounds(world, 1);
    expect((await kinds(world, task.id)).at(-1)).toEqual(["training", 3]);
  });

  it("goes on when it is started once the checkpoint is whole again", async () => {
    const { world, task, checkpoints } = await restartedWith(kind);
    await expect(world.coordinator.startTask(task.id)).rejects.toThrow("goes on from round 1");
    checkpoints.damaged.clear();
    expect(await world.coordinator.startTask(task.id)).toMatchObject({ state: "running" });
    await runRounds(world, 1);
    expect((await kinds(world, task.id)).at(-1)).toEqual(["training", 3]);
  });

  it("makes no further attempt once it is cancelled", async () => {
    const { world, task } = await restartedWith(kind);
    await world.coordinator.cancelTask(task.id);
    expect(world.clock.pendingCount).toBe(0);
    expect((await world.coordinator.progress(task)).problem).toBeUndefined();
  });
});

it.each(KINDS)("a task whose optimizer's memory %s goes on after a rollback", async (kind) => {
  const { world, task } = await restartedWith(kind, "optimizerMemory");
  const { problem } = await world.coordinator.progress(task);
  expect(problem?.message).toContain("goes on from round 1.");
  await world.coordinator.rollBackTask(task.id, 1);
  await runRounds(world, 1);
  // The second round's step again: 1.9 times the update, and 1 time before that.
  expect((await world.weights(task)).map((value) => value.toFixed(4))).toEqual(
    [3.4, 1.9, 4.9, 2.9, 3.15].map((value) => value.toFixed(4)),
  );
});

describe("a task with damaged checkpoints", () => {
  it("does not keep other tasks from going on", async () => {
    const { storage, checkpoints } = damagedStore();
    const before = makeWorld({ storage });
    const task = await before.startTask();
    const other = exampleTask({ name: "other", population: "others" });
    const values = new Float32Array(5).fill(3);
    const { id } = await before.coordinator.createTask(other, MODEL, values);
    await before.coordinator.startTask(id);
    await before.coordinator.close();
    checkpoints.damaged.set(task.initialCheckpoint, "has a flipped byte");
    const world = makeWorld({ seed: 2, storage });
    await world.coordinator.recover();
    expect(world.coordinator.taskCounts).toEqual({ gettingOn: 1, stuck: 1 });
    // No rollback is named, because there is nothing to go back to.
    const { problem } = await world.coordinator.progress(task);
    expect(problem?.message).not.toContain("rollback");
  });

  it("keeps its round in flight when a rollback names a checkpoint that is damaged", async () => {
    const { storage, checkpoints } = damagedStore();
    const world = makeWorld({ storage });
    const task = await world.startTask();
    await runRounds(world, 1);
    const members = world.checkIn(3, "member");
    checkpoints.damaged.set(task.initialCheckpoint, "has a flipped byte");
    await expect(world.coordinator.rollBackTask(task.id, 0)).rejects.toMatchObject({
      code: "CHECKPOINT_CORRUPT",
    });
    for (const member of members) member.report();
    await until("all have heard", () => members.every(({ outcomes }) => outcomes.length === 1));
    expect((await kinds(world, task.id)).at(-1)).toEqual(["training", 2]);
  });

  it("names an older round that is whole when several newest ones are damaged", async () => {
    const { storage, checkpoints } = damagedStore();
    const before = makeWorld({ storage });
    const task = await before.startTask();
    await runRounds(before, 3);
    await before.coordinator.close();
    for (const { id, roundNumber } of await storage.rounds.checkpoints(task.id)) {
      if (roundNumber > 1) checkpoints.damaged.set(id, "is missing");
    }
    const world = makeWorld({ seed: 2, storage });
    await world.coordinator.recover();
    expect((await world.coordinator.progress(task)).problem?.message).toContain("--to 1`");
  });

  it("says so when its plan cannot be read", async () => {
    const { storage } = damagedStore();
    const before = makeWorld({ storage });
    const task = await before.startTask();
    await before.coordinator.close();
    const planBytes = task.planBytes.slice(0, -1);
    const { rounds } = storage;
    const tasks = async (): Promise<StoredTask[]> =>
      (await rounds.tasks()).map((each) => ({ ...each, planBytes }));
    const damaged = new Proxy(rounds, {
      get: (target, name: keyof typeof rounds) =>
        name === "tasks" ? tasks : target[name].bind(target),
    });
    const world = makeWorld({ seed: 2, storage: { ...storage, rounds: damaged } });
    await world.coordinator.recover();
    expect((await world.coordinator.progress(task)).problem?.code).toBe("PLAN_INVALID");
  });
});

describe("a task whose rounds cannot be stored", () => {
  it("has a problem until the store takes them again", async () => {
    const storage = openMemoryStore({ crypto });
    const { rounds } = storage;
    let isDown = true;
    const unavailable = new TributaryError("STORAGE_UNAVAILABLE", "The store does not answer");
    const commit: typeof rounds.commit = (end) =>
      isDown ? Promise.reject(unavailable) : rounds.commit(end);
    const failing = new Proxy(rounds, {
      get: (target, name: keyof typeof rounds) =>
        name === "commit" ? commit : target[name].bind(target),
    });
    const world = makeWorld({ storage: { ...storage, rounds: failing } });
    const task = await world.startTask();
    await runRounds(world, 1);
    await quiet();
    expect((await world.coordinator.progress(task)).problem).toEqual({
      code: "STORAGE_UNAVAILABLE",
      message: "The store does not answer",
    });
    isDown = false;
    world.clock.advance(1_000);
    await quiet();
    expect((await world.coordinator.progress(task)).problem).toBeUndefined();
  });
});
