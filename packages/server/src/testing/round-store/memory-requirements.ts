import assert from "node:assert/strict";
import { expectFailure } from "../expectations.ts";
import { addTask, type Requirement } from "./fixture.ts";

/** What a store of rounds must do with what server optimizers remember. */
export const memoryRequirements: Readonly<Record<string, Requirement>> = {
  async "commits what the optimizer remembers together with its checkpoint"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.remembering(task, 1);
    const second = make.remembering(task, 2, 1_048_576 * 2 + 4);
    for (const commit of [first, second]) await stores.rounds.commit(commit);
    for (const { checkpoint } of [first, second]) {
      const { record, optimizerMemory } = checkpoint;
      assert.deepEqual(await stores.rounds.checkpoint(record.id), record);
      const bytes = await stores.checkpoints.get(record.optimizerMemory!);
      assert.ok(bytes !== undefined && Buffer.from(bytes).equals(optimizerMemory));
    }
    assert.deepEqual(await stores.rounds.lastCommitted(task.id), {
      roundNumber: 2,
      checkpoint: second.round.checkpoint,
      optimizerMemory: second.checkpoint.record.optimizerMemory,
    });
    assert.equal((await stores.rounds.checkpoints(task.id))[0]?.optimizerMemory, null);
  },

  async "tells apart what is remembered of the same checkpoint in two rounds"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.remembering(task, 1);
    const second = make.remembering(task, 2);
    const again = {
      round: { ...second.round, checkpoint: first.checkpoint.record.id },
      checkpoint: {
        ...second.checkpoint,
        record: { ...second.checkpoint.record, id: first.checkpoint.record.id },
        bytes: first.checkpoint.bytes,
      },
    };
    await stores.rounds.commit(first);
    await stores.rounds.commit(again);
    const memories = (await stores.rounds.checkpoints(task.id)).map((each) => each.optimizerMemory);
    assert.deepEqual(memories.slice(1), [
      first.checkpoint.record.optimizerMemory,
      second.checkpoint.record.optimizerMemory,
    ]);
  },

  async "goes back to what was remembered with an older checkpoint"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.remembering(task, 1);
    await stores.rounds.commit(first);
    await stores.rounds.commit(make.remembering(task, 2));
    const back = make.remembering(task, 3);
    await stores.rounds.commit({
      round: { ...back.round, kind: "rollback", checkpoint: first.checkpoint.record.id },
      checkpoint: {
        ...first.checkpoint,
        record: { ...first.checkpoint.record, roundNumber: 3 },
      },
    });
    assert.deepEqual(await stores.rounds.lastCommitted(task.id), {
      roundNumber: 3,
      checkpoint: first.checkpoint.record.id,
      optimizerMemory: first.checkpoint.record.optimizerMemory,
    });
  },

  async "stores nothing of a round whose optimizer memory is wrong or missing"(stores, make) {
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.remembering(task, 1);
    const { optimizerMemory, ...without } = checkpoint;
    const changed = optimizerMemory.slice();
    changed[7] = (changed[7] ?? 0) ^ 1;
    const unnamed = { ...checkpoint, record: { ...checkpoint.record, optimizerMemory: null } };
    await expectFailure(
      "CHECKPOINT_CORRUPT",
      stores.rounds.commit({ round, checkpoint: { ...checkpoint, optimizerMemory: changed } }),
    );
    for (const wrong of [without, unnamed]) {
      await expectFailure("BAD_PARAMETER", stores.rounds.commit({ round, checkpoint: wrong }));
    }
    assert.deepEqual(await stores.rounds.rounds(task.id), []);
    assert.equal(await stores.rounds.lastCommitted(task.id), undefined);
    assert.equal(await stores.checkpoints.has(checkpoint.record.optimizerMemory!), false);
  },

  async "keeps what is remembered after closing and opening again"(stores, make, { reopen }) {
    if (reopen === undefined) return;
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.remembering(task, 1);
    await stores.rounds.commit({ round, checkpoint });
    const again = await reopen();
    const { optimizerMemory } = (await again.rounds.lastCommitted(task.id))!;
    assert.equal(optimizerMemory, checkpoint.record.optimizerMemory);
    assert.deepEqual(await again.checkpoints.get(optimizerMemory!), checkpoint.optimizerMemory);
  },
};
