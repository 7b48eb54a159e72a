import { TASK_VERSION, TributaryError, type TaskId } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";

import { openMemoryStore } from "../src/storage/memory.ts";
import type { StoredTask } from "../src/storage/round-store.ts";
import { storedTask } from "../src/storage/postgres/task-rows.ts";
import type { Storage } from "../src/storage/storage.ts";
import { startAdmin } from "./admin-harness.ts";

/** A store in memory that has some tasks as a newer version of the server would have written them. */
function storeOfTheFuture(): { readonly storage: Storage; readonly future: Set<string> } {
  const memory = openMemoryStore({ crypto: createNodeCryptoProvider() });
  const future = new Set<string>();
  const asStored = (task: StoredTask): StoredTask =>
    future.has(task.id) && "definition" in task
      ? storedTask({ ...task, definitionVersion: TASK_VERSION + 1 })
      : task;
  const { rounds } = memory;
  const task = async (id: TaskId): Promise<StoredTask | undefined> => {
    const found = await rounds.task(id);
    return found && asStored(found);
  };
  const tasks = async (): Promise<StoredTask[]> => (await rounds.tasks()).map(asStored);
  const watched = new Proxy(rounds, {
    get(target, name: keyof typeof rounds) {
      if (name === "task") return task;
      return name === "tasks" ? tasks : target[name].bind(target);
    },
  });
  return { storage: { ...memory, rounds: watched }, future };
}

const definition = (name: string): object => ({
  ...{ name, population: name, model: { builtin: "logistic-regression" } },
  round: { goalCount: 2, overselection: 1, minimumFraction: 1 },
  plan: { update: { codec: "float32" } },
});

async function makeServer() {
  const { storage, future } = storeOfTheFuture();
  const admin = await startAdmin({ storage });
  const create = async (name: string): Promise<string> => {
    const answer = await admin.post("/v1/tasks", { definition: definition(name), start: true });
    return (answer.json as { id: string }).id;
  };
  return { admin, newer: await create("newer"), other: await create("other"), future };
}

describe("a task that a newer version of the server has stored", () => {
  it("is listed with the reason, and does not keep others from running", async () => {
    const { admin, newer, other, future } = await makeServer();
    future.add(newer);
    await admin.deps.coordinator.recover();
    const { tasks } = (await admin.ask("GET", "/v1/tasks")).json as { tasks: object[] };
    expect(tasks).toMatchObject([
      {
        ...{ id: newer, name: "newer", state: "running", definition: null },
        progress: {
          problem: { code: "TASK_UNREADABLE", message: expect.stringContaining("newer version") },
        },
      },
      { id: other, definition: { name: "other" }, progress: { problem: null } },
    ]);
    expect((await admin.ask("GET", `/v1/tasks/${newer}`)).json).toMatchObject({ best: null });
    expect((await admin.runRound("other")).outcome).toBe("committed");
  });

  it("has models that can be exported, and can be cancelled but not started", async () => {
    const { admin, newer, future } = await makeServer();
    await admin.runRound("newer");
    await admin.post(`/v1/tasks/${newer}/pause`);
    future.add(newer);
    const latest = await admin.ask("GET", `/v1/tasks/${newer}/checkpoints/latest`);
    const { id, roundNumber } = latest.json as { id: string; roundNumber: number };
    expect(roundNumber).toBe(1);
    const weights = await admin.ask("GET", `/v1/checkpoints/${id}/tfjs/weights.bin`);
    expect(weights.bytes).toHaveLength(4 * 7_850);
    const started = await admin.post(`/v1/tasks/${newer}/start`);
    expect([started.status, started.json]).toMatchObject([
      409,
      { error: { code: "TASK_UNREADABLE" } },
    ]);
    const cancelled = await admin.post(`/v1/tasks/${newer}/cancel`);
    expect(cancelled.json).toMatchObject({ state: "cancelled", definition: null });
  });

  it("is an error of one kind, whatever is wrong with what is stored", () => {
    const head = { id: "task_1" } as unknown as Parameters<typeof storedTask>[0];
    for (const stored of [null, "text", { name: 1 }]) {
      const task = storedTask({ ...head, definition: stored, definitionVersion: TASK_VERSION });
      expect("fault" in task && task.fault).toBeInstanceOf(TributaryError);
      expect("fault" in task && task.fault.code).toBe("TASK_UNREADABLE");
    }
  });
});
