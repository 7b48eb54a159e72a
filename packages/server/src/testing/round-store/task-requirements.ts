import assert from "node:assert/strict";
import { TASK_STATES } from "../../storage/round-store.ts";
import { expectFailure } from "../expectations.ts";
import { addTask, type Requirement } from "./fixture.ts";

/** What a store of rounds must do with tasks. */
export const taskRequirements: Readonly<Record<string, Requirement>> = {
  async "returns a task as it was created"(stores, make) {
    const task = await addTask(stores, make);
    const read = await stores.rounds.task(task.id);
    assert.deepEqual(read, task);
    // deepEqual ignores the order of keys, so that the JSON texts are compared.
    assert.equal(JSON.stringify(read?.definition), JSON.stringify(task.definition));
    assert.equal(Object.getPrototypeOf(read?.planBytes), Uint8Array.prototype);
  },

  async "keeps text that is not ASCII"(stores, make) {
    const task = await addTask(stores, make, { name: "ächte ‹Ziffern› \"'\\ 数字 🖊" });
    assert.equal((await stores.rounds.task(task.id))?.name, task.name);
  },

  async "stores a task's initial checkpoint with it, as round 0"(stores, make) {
    const { task, bytes } = make.task();
    await stores.rounds.createTask(task, bytes);
    assert.deepEqual(await stores.checkpoints.get(task.initialCheckpoint), bytes);
    const record = {
      id: task.initialCheckpoint,
      taskId: task.id,
      roundNumber: 0,
      byteLength: bytes.length,
      createdAtMs: task.createdAtMs,
      optimizerMemory: null,
    };
    assert.deepEqual(await stores.rounds.checkpoints(task.id), [record]);
    assert.deepEqual(await stores.rounds.checkpoint(task.initialCheckpoint), record);
    assert.equal(await stores.rounds.lastCommitted(task.id), undefined);
  },

  async "has nothing that was never stored"(stores, make) {
    const { task } = make.task();
    const { round, checkpoint } = make.committed(task, 1);
    assert.equal(await stores.rounds.task(task.id), undefined);
    assert.deepEqual(await stores.rounds.tasks(), []);
    assert.deepEqual(await stores.rounds.rounds(task.id), []);
    assert.equal(await stores.rounds.round(round.id), undefined);
    assert.equal(await stores.rounds.lastCommitted(task.id), undefined);
    assert.deepEqual(await stores.rounds.checkpoints(task.id), []);
    assert.equal(await stores.rounds.checkpoint(checkpoint.record.id), undefined);
  },

  async "lists tasks from the oldest to the newest"(stores, make) {
    for (const createdAtMs of [3_000, 1_000, 2_000]) await addTask(stores, make, { createdAtMs });
    const times = (await stores.rounds.tasks()).map((task) => task.createdAtMs);
    assert.deepEqual(times, [1_000, 2_000, 3_000]);
  },

  async "refuses a second task of the same id and changes nothing"(stores, make) {
    const task = await addTask(stores, make);
    const other = make.task({ id: task.id, name: "other" });
    await expectFailure("TASK_STATE_CONFLICT", stores.rounds.createTask(other.task, other.bytes));
    assert.deepEqual(await stores.rounds.tasks(), [task]);
    assert.equal((await stores.rounds.checkpoints(task.id)).length, 1);
  },

  async "refuses a task whose initial bytes do not fit their name"(stores, make) {
    const { task } = make.task();
    const { bytes } = make.content();
    await expectFailure("CHECKPOINT_CORRUPT", stores.rounds.createTask(task, bytes));
    assert.equal(await stores.rounds.task(task.id), undefined);
  },

  async "lets two tasks begin with the same bytes"(stores, make) {
    const { task, bytes } = make.task();
    const second = make.task({ initialCheckpoint: task.initialCheckpoint, createdAtMs: 1 });
    await stores.rounds.createTask(task, bytes);
    await stores.rounds.createTask(second.task, bytes);
    const first = await stores.rounds.checkpoint(task.initialCheckpoint);
    assert.equal(first?.taskId, second.task.id);
  },

  async "moves a task only from a state that the caller expects"(stores, make) {
    const { id } = await addTask(stores, make);
    assert.equal(await stores.rounds.setTaskState(id, ["running", "paused"], "finished"), false);
    assert.equal((await stores.rounds.task(id))?.state, "created");
    assert.equal(await stores.rounds.setTaskState(id, [], "running"), false);
    assert.equal(await stores.rounds.setTaskState(id, ["created", "paused"], "running"), true);
    assert.equal((await stores.rounds.task(id))?.state, "running");
  },

  async "knows every state of a task"(stores, make) {
    const { id } = await addTask(stores, make);
    for (const state of TASK_STATES) {
      assert.equal(await stores.rounds.setTaskState(id, TASK_STATES, state), true);
      assert.equal((await stores.rounds.task(id))?.state, state);
    }
  },

  async "keeps the reason for a task's state until the state changes again"(stores, make) {
    const { id } = await addTask(stores, make, { state: "running" });
    const { rounds } = stores;
    const reasons = async (): Promise<readonly unknown[]> => {
      const task = await rounds.task(id);
      return [task?.endReason, task?.pauseReason];
    };
    await rounds.setTaskState(id, ["running"], "paused", { pauseReason: "PLAN_REFUSED" });
    assert.deepEqual(await reasons(), [null, "PLAN_REFUSED"]);
    await rounds.setTaskState(id, ["paused"], "running");
    assert.deepEqual(await reasons(), [null, null]);
    await rounds.setTaskState(id, ["running"], "finished", { endReason: "plateau" });
    assert.deepEqual(await reasons(), ["plateau", null]);
    await rounds.setTaskState(id, ["finished"], "running");
    assert.deepEqual(await reasons(), [null, null]);
  },

  async "changes no state of a task that does not exist"(stores, make) {
    const { task } = make.task();
    assert.equal(await stores.rounds.setTaskState(task.id, ["created"], "running"), false);
  },

  async "lets one of many win a compare-and-set"(stores, make) {
    const { id } = await addTask(stores, make);
    const moves = Array.from({ length: 8 }, () =>
      stores.rounds.setTaskState(id, ["created"], "running"),
    );
    assert.equal((await Promise.all(moves)).filter(Boolean).length, 1);
  },
};
