import type { CheckpointId, TaskId } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { expect, it } from "vitest";

import { OfferedTasks } from "../src/coordinator/task/offered-tasks.ts";
import { openMemoryStore } from "../src/storage/memory.ts";
import type { Storage } from "../src/storage/storage.ts";
import { makeWorld, quiet, until } from "./coordinator-world.ts";

/** A store in memory that notes the name of each method that is called. */
function watchedStore(): { readonly storage: Storage; readonly calls: string[] } {
  const calls: string[] = [];
  const watch = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          calls.push(String(name));
          return Reflect.apply(value, target, args);
        };
      },
    });
  const store = openMemoryStore({ crypto: createNodeCryptoProvider() });
  const { rounds, checkpoints } = store;
  return {
    storage: { ...store, rounds: watch(rounds), checkpoints: watch(checkpoints) },
    calls,
  };
}

const ONE = { round: { goalCount: 1, overselection: 1, minimumFraction: 1 } };

it("a client that asks for the newest model costs the store no query, however many tasks there are", async () => {
  const { storage, calls } = watchedStore();
  const world = makeWorld({ storage });
  const task = await world.startTask(ONE);
  for (let other = 0; other < 20; other++) {
    const { definition } = task;
    await world.coordinator.createTask(
      { ...definition, name: `other-${other}` },
      { topology: {}, parameters: [{ name: "w", shape: [5] }] },
      new Float32Array(5),
    );
  }
  const [member] = world.checkIn(1);
  member!.report();
  await until("the round has ended", () => member!.outcomes.length > 0);
  await quiet();
  calls.length = 0;
  for (let request = 0; request < 10; request++) {
    expect((await world.coordinator.newestModel("writers", true)).roundNumber).toBe(1);
    await expect(world.coordinator.newestModel("strangers", true)).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
    });
  }
  expect(calls).toEqual([]);
});

it("the model of a task that does not run is read once, and without the task's history", async () => {
  const { storage, calls } = watchedStore();
  const before = makeWorld({ storage });
  const task = await before.startTask(ONE);
  const [member] = before.checkIn(1);
  member!.report();
  await until("the round has ended", () => member!.outcomes.length > 0);
  await before.coordinator.cancelTask(task.id);

  const world = makeWorld({ storage });
  await world.coordinator.recover();
  calls.length = 0;
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => world.coordinator.newestModel("writers", true)),
  );
  expect(new Set(answers.map(({ roundNumber }) => roundNumber))).toEqual(new Set([1]));
  expect(new Set(answers.map(({ model }) => model)).size).toBe(1);
  expect(calls).toEqual(["task", "lastCommitted", "get"]);
});

it("a model that cannot be read is looked for again only after a while", async () => {
  const { storage, calls } = watchedStore();
  const before = makeWorld({ storage });
  await before.coordinator.pauseTask((await before.startTask()).id);

  let isLost = true;
  const checkpoints: Storage["checkpoints"] = Object.assign(Object.create(storage.checkpoints), {
    get: (id: CheckpointId) => (isLost ? Promise.resolve(undefined) : storage.checkpoints.get(id)),
  });
  const world = makeWorld({ storage: { ...storage, checkpoints } });
  await world.coordinator.recover();
  calls.length = 0;
  for (let request = 0; request < 10; request++) {
    await expect(world.coordinator.newestModel("writers", true)).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
      retryAfterMs: 5_000,
    });
  }
  expect(calls).toEqual(["task", "lastCommitted"]);
  isLost = false;
  world.clock.advance(5_000);
  expect((await world.coordinator.newestModel("writers", true)).roundNumber).toBe(0);
});

const model = { builtin: "logistic-regression" } as const;

it.each([
  ["the running one, though another was created later", ["running", "created"], 0],
  ["the one that was created last when none is running", ["finished", "paused"], 1],
  ["the newest of several that are running", ["running", "running", "created"], 1],
] as const)("a population offers the model of %s", (_, states, expected) => {
  const offered = new OfferedTasks();
  const tasks = states.map((state, index) => ({
    id: `task_${index}` as TaskId,
    population: "writers",
    createdAtMs: index,
    state,
    definition: { publicModel: false, model },
  }));
  for (const task of tasks) offered.note({ ...task, state: "created" });
  for (const task of tasks) offered.note({ ...task, state: "running" });
  for (const task of tasks) offered.note(task);
  // It counts columns and has no model.
  offered.note({
    ...{ id: "task_9" as TaskId, population: "writers", createdAtMs: 9, state: "running" },
    definition: { publicModel: true, model: { builtin: "statistics", bins: 4 } },
  });
  expect(offered.taskFor("writers", true)).toBe(`task_${expected}`);
  expect(() => offered.taskFor("strangers", true)).toThrow(
    expect.objectContaining({ code: "MODEL_UNAVAILABLE" }),
  );
});

it("a population offers its model to strangers only when its task makes it public", () => {
  const offered = new OfferedTasks();
  const task = { id: "task_0" as TaskId, population: "writers", createdAtMs: 0 } as const;
  const refused = expect.objectContaining({ code: "MODEL_NOT_PUBLIC" });
  offered.note({ ...task, state: "running", definition: { publicModel: false, model } });
  expect(() => offered.taskFor("writers", false)).toThrow(refused);
  expect(offered.taskFor("writers", true)).toBe(task.id);
  offered.note({ ...task, state: "running", definition: { publicModel: true, model } });
  expect(offered.taskFor("writers", false)).toBe(task.id);
});
