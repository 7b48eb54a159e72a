import assert from "node:assert/strict";
import { expectFailure } from "../expectations.ts";
import { addTask, type Requirement } from "./fixture.ts";

/** What a store of rounds must do when it is closed and opened again. */
export const lifeRequirements: Readonly<Record<string, Requirement>> = {
  async "answers a ping"({ rounds }) {
    await rounds.ping();
  },

  async "takes any number of probes that write, which change nothing"(stores, make) {
    const task = await addTask(stores, make);
    const { rounds } = stores;
    for (let probe = 0; probe < 3; probe++) await rounds.probeWrite();
    assert.deepEqual(await rounds.tasks(), [task]);
  },

  async "answers with STORAGE_UNAVAILABLE once it is closed"({ rounds }, make) {
    const { task, bytes } = make.task();
    await rounds.close();
    await rounds.close();
    await expectFailure("STORAGE_UNAVAILABLE", rounds.ping());
    await expectFailure("STORAGE_UNAVAILABLE", rounds.probeWrite());
    await expectFailure("STORAGE_UNAVAILABLE", rounds.createTask(task, bytes));
    await expectFailure("STORAGE_UNAVAILABLE", rounds.tasks());
    await expectFailure("STORAGE_UNAVAILABLE", rounds.commit({ round: make.abandoned(task, 1) }));
  },

  async "keeps everything after closing and opening again"(stores, make, { reopen }) {
    if (reopen === undefined) return;
    const task = await addTask(stores, make, { state: "running" });
    const { round, checkpoint } = make.committed(task, 1);
    const abandoned = make.abandoned(task, 2);
    await stores.rounds.commit({ round, checkpoint });
    await stores.rounds.commit({ round: abandoned });
    const again = await reopen();
    assert.deepEqual(await again.rounds.tasks(), [task]);
    assert.deepEqual(await again.rounds.rounds(task.id), [round, abandoned]);
    assert.deepEqual((await again.rounds.checkpoints(task.id))[1], checkpoint.record);
    assert.deepEqual(await again.checkpoints.get(checkpoint.record.id), checkpoint.bytes);
    await expectFailure(
      "TASK_STATE_CONFLICT",
      again.rounds.commit({
        round: { ...make.committed(task, 1).round, checkpoint: round.checkpoint },
        checkpoint,
      }),
    );
  },

  async "finishes what is under way before it closes"(stores, make, { reopen }) {
    if (reopen === undefined) return;
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.committed(task, 1);
    const recording = stores.rounds.commit({ round, checkpoint });
    const again = await reopen();
    await recording;
    assert.deepEqual(await again.rounds.rounds(task.id), [round]);
    assert.deepEqual(await again.checkpoints.get(checkpoint.record.id), checkpoint.bytes);
  },
};
