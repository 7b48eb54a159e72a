import assert from "node:assert/strict";
import { isTributaryError } from "@tributary/protocol";
import { expectFailure } from "../expectations.ts";
import { addTask, type Requirement } from "./fixture.ts";

/** What a store of rounds must do with rounds and their checkpoints. */
export const roundRequirements: Readonly<Record<string, Requirement>> = {
  async "returns rounds as they were committed, sorted by number and by end"(stores, make) {
    const task = await addTask(stores, make);
    const second = make.committed(task, 2);
    const first = make.committed(task, 1);
    const late = { ...make.abandoned(task, 2), endedAtMs: second.round.endedAtMs + 5 };
    const early = { ...make.abandoned(task, 2), endedAtMs: second.round.endedAtMs - 5 };
    await stores.rounds.commit({ round: late });
    await stores.rounds.commit({ round: second.round, checkpoint: second.checkpoint });
    await stores.rounds.commit({ round: early });
    await stores.rounds.commit({ round: first.round, checkpoint: first.checkpoint });
    const expected = [first.round, early, second.round, late];
    const read = await stores.rounds.rounds(task.id);
    assert.deepEqual(read, expected);
    assert.equal(JSON.stringify(read[0]?.metrics), JSON.stringify(first.round.metrics));
    for (const round of expected) assert.deepEqual(await stores.rounds.round(round.id), round);
  },

  async "commits a round together with its checkpoint"(stores, make) {
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.committed(task, 1, make.content(1_048_576 * 2 + 3));
    await stores.rounds.commit({ round, checkpoint });
    const bytes = await stores.checkpoints.get(checkpoint.record.id);
    assert.ok(bytes !== undefined && Buffer.from(bytes).equals(checkpoint.bytes));
    assert.deepEqual(await stores.rounds.checkpoint(checkpoint.record.id), checkpoint.record);
    assert.deepEqual((await stores.rounds.checkpoints(task.id))[1], checkpoint.record);
  },

  async "names the newest committed round, whatever was abandoned since"(stores, make) {
    const task = await addTask(stores, make);
    const other = await addTask(stores, make);
    let newest = make.committed(task, 1);
    for (const number of [1, 2, 10]) {
      newest = make.committed(task, number);
      await stores.rounds.commit({ round: newest.round, checkpoint: newest.checkpoint });
    }
    await stores.rounds.commit({ round: make.abandoned(task, 11) });
    assert.deepEqual(await stores.rounds.lastCommitted(task.id), {
      roundNumber: 10,
      checkpoint: newest.checkpoint.record.id,
      optimizerMemory: null,
    });
    assert.equal(await stores.rounds.lastCommitted(other.id), undefined);
  },

  async "keeps evaluations apart from the rounds that make checkpoints"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.committed(task, 1);
    await stores.rounds.commit({ round: first.round, checkpoint: first.checkpoint });
    const evaluations = (["evaluation", "operator-evaluation"] as const).flatMap((kind) =>
      [0, 1, 1].map((number) => ({
        ...make.committed(task, number).round,
        kind,
        checkpoint: null,
        endedAtMs: first.round.endedAtMs + 1,
      })),
    );
    for (const evaluation of evaluations) await stores.rounds.commit({ round: evaluation });
    const read = await stores.rounds.rounds(task.id);
    assert.equal(read.length, 1 + evaluations.length);
    for (const each of evaluations) assert.deepEqual(await stores.rounds.round(each.id), each);
    assert.equal((await stores.rounds.checkpoints(task.id)).length, 2);
    assert.deepEqual(await stores.rounds.lastCommitted(task.id), {
      roundNumber: 1,
      checkpoint: first.round.checkpoint,
      optimizerMemory: null,
    });
    const second = make.committed(task, 2);
    const wrong = { ...second.round, kind: "evaluation" as const };
    await expectFailure(
      "BAD_PARAMETER",
      stores.rounds.commit({ round: wrong, checkpoint: second.checkpoint }),
    );
  },

  async "accepts a rollback as the newest round, once for each number"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.committed(task, 1);
    const second = make.committed(task, 2);
    await stores.rounds.commit({ round: first.round, checkpoint: first.checkpoint });
    await stores.rounds.commit({ round: second.round, checkpoint: second.checkpoint });
    const { record, bytes } = first.checkpoint;
    const back = make.committed(task, 3, { id: record.id, bytes });
    const rollback = { ...back.round, kind: "rollback" as const, reason: "back to round 1" };
    await stores.rounds.commit({ round: rollback, checkpoint: back.checkpoint });
    await stores.rounds.commit({ round: rollback, checkpoint: back.checkpoint });
    assert.deepEqual(await stores.rounds.lastCommitted(task.id), {
      roundNumber: 3,
      checkpoint: first.round.checkpoint,
      optimizerMemory: null,
    });
    const clash = make.committed(task, 3);
    await expectFailure(
      "TASK_STATE_CONFLICT",
      stores.rounds.commit({ round: clash.round, checkpoint: clash.checkpoint }),
    );
  },

  async "commits a round once, however often it is sent"(stores, make) {
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.committed(task, 1);
    const abandoned = make.abandoned(task, 2);
    await Promise.all([
      stores.rounds.commit({ round, checkpoint }),
      stores.rounds.commit({ round, checkpoint }),
    ]);
    await stores.rounds.commit({ round: { ...round, endedAtMs: round.endedAtMs + 9 }, checkpoint });
    await stores.rounds.commit({ round: abandoned });
    await stores.rounds.commit({ round: abandoned });
    assert.deepEqual(await stores.rounds.rounds(task.id), [round, abandoned]);
    assert.equal((await stores.rounds.checkpoints(task.id)).length, 2);
  },

  async "lets a run of abandoned attempts grow, and never shrink"(stores, make) {
    const task = await addTask(stores, make);
    const first = { ...make.abandoned(task, 1), reported: 0 };
    const runOf = (attempts: number): typeof first => ({
      ...first,
      attempts,
      endedAtMs: first.endedAtMs + attempts,
      roundTimeMs: 100 * attempts,
      selected: 3 * attempts,
    });
    for (const attempts of [1, 3, 2, 3]) await stores.rounds.commit({ round: runOf(attempts) });
    assert.deepEqual(await stores.rounds.rounds(task.id), [runOf(3)]);
    const { round, checkpoint } = make.committed(task, 1);
    const wrong = [
      stores.rounds.commit({ round: { ...first, attempts: 0 } }),
      stores.rounds.commit({ round: { ...first, attempts: 4, reported: 1 } }),
      stores.rounds.commit({ round: { ...round, attempts: 2 }, checkpoint }),
    ];
    for (const promise of wrong) await expectFailure("BAD_PARAMETER", promise);
  },

  async "refuses a second committed round of one number"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.committed(task, 1);
    const second = make.committed(task, 1);
    await stores.rounds.commit({ round: first.round, checkpoint: first.checkpoint });
    await expectFailure(
      "TASK_STATE_CONFLICT",
      stores.rounds.commit({ round: second.round, checkpoint: second.checkpoint }),
    );
    assert.deepEqual(await stores.rounds.rounds(task.id), [first.round]);
    assert.equal(await stores.rounds.checkpoint(second.checkpoint.record.id), undefined);
    assert.equal((await stores.rounds.lastCommitted(task.id))?.checkpoint, first.round.checkpoint);
  },

  async "commits one of several attempts at a number that end at once"(stores, make) {
    const task = await addTask(stores, make);
    const attempts = Array.from({ length: 6 }, () => make.committed(task, 1));
    const results = await Promise.allSettled(
      attempts.map(({ round, checkpoint }) => stores.rounds.commit({ round, checkpoint })),
    );
    const refusals = results.filter((result) => result.status === "rejected");
    assert.equal(refusals.length, attempts.length - 1);
    for (const { reason } of refusals) {
      assert.ok(isTributaryError(reason, "TASK_STATE_CONFLICT"), String(reason));
    }
    assert.equal((await stores.rounds.rounds(task.id)).length, 1);
    assert.equal((await stores.rounds.checkpoints(task.id)).length, 2);
  },

  async "refuses another outcome under a round's id"(stores, make) {
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.committed(task, 1);
    await stores.rounds.commit({ round, checkpoint });
    const other = { ...make.abandoned(task, 1), id: round.id };
    await expectFailure("TASK_STATE_CONFLICT", stores.rounds.commit({ round: other }));
    assert.deepEqual(await stores.rounds.round(round.id), round);
  },

  async "lets a round end with a checkpoint that existed before"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.committed(task, 1);
    const { record, bytes } = first.checkpoint;
    const second = make.committed(task, 2, { id: record.id, bytes });
    await stores.rounds.commit({ round: first.round, checkpoint: first.checkpoint });
    await stores.rounds.commit({ round: second.round, checkpoint: second.checkpoint });
    assert.equal((await stores.rounds.checkpoints(task.id)).length, 3);
    assert.equal((await stores.rounds.checkpoint(record.id))?.roundNumber, 1);
  },

  async "refuses a round of a task that does not exist"(stores, make) {
    const { task } = make.task();
    const { round, checkpoint } = make.committed(task, 1);
    await expectFailure("TASK_UNKNOWN", stores.rounds.commit({ round, checkpoint }));
    await expectFailure("TASK_UNKNOWN", stores.rounds.commit({ round: make.abandoned(task, 1) }));
    assert.equal(await stores.rounds.round(round.id), undefined);
  },

  async "refuses records that contradict each other"(stores, make) {
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.committed(task, 1);
    const abandoned = make.abandoned(task, 1);
    const { record, bytes } = checkpoint;
    const wrong = [
      stores.rounds.commit({ round }),
      stores.rounds.commit({ round: { ...round, checkpoint: null }, checkpoint }),
      stores.rounds.commit({ round: abandoned, checkpoint }),
      stores.rounds.commit({ round: { ...abandoned, checkpoint: record.id } }),
      stores.rounds.commit({ round, checkpoint: { record: { ...record, roundNumber: 2 }, bytes } }),
      stores.rounds.commit({ round, checkpoint: { record: { ...record, byteLength: 1 }, bytes } }),
      stores.rounds.commit({
        round,
        checkpoint: {
          record: { ...record, taskId: make.task().task.id },
          bytes,
        },
      }),
      stores.rounds.commit({ round: { ...round, metrics: { loss: Number.NaN } }, checkpoint }),
      stores.rounds.commit({ round: { ...round, metrics: { loss: Infinity } }, checkpoint }),
    ];
    for (const promise of wrong) await expectFailure("BAD_PARAMETER", promise);
    assert.deepEqual(await stores.rounds.rounds(task.id), []);
  },

  async "refuses a checkpoint whose bytes do not fit its name"(stores, make) {
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.committed(task, 1);
    const bytes = checkpoint.bytes.slice();
    bytes[7] = (bytes[7] ?? 0) ^ 1;
    const broken = { record: checkpoint.record, bytes };
    await expectFailure("CHECKPOINT_CORRUPT", stores.rounds.commit({ round, checkpoint: broken }));
    assert.deepEqual(await stores.rounds.rounds(task.id), []);
    assert.equal(await stores.checkpoints.has(checkpoint.record.id), false);
  },

  async "hands out copies"(stores, make) {
    const task = await addTask(stores, make);
    const before = structuredClone(task);
    (await stores.rounds.task(task.id))?.planBytes.fill(0);
    task.planBytes.fill(0);
    assert.deepEqual(await stores.rounds.task(task.id), before);
  },
};
