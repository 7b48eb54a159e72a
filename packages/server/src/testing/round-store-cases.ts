import assert from "node:assert/strict";
import { isTributaryError, seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { CheckpointStore } from "../storage/checkpoint-store.ts";
import { TASK_STATES, type RoundStore, type TaskRecord } from "../storage/round-store.ts";
import { expectFailure, type ConformanceCase } from "./expectations.ts";
import { RecordMaker } from "./storage-records.ts";

/** A `RoundStore` with the `CheckpointStore` that its rounds' bytes go to. */
export interface StorePair {
  readonly rounds: RoundStore;
  readonly checkpoints: CheckpointStore;
}

/** Empty stores for one case. */
export interface RoundStoreFixture {
  readonly storage: StorePair;
  /** Closes both and opens them again; left out for stores that do not outlive their process. */
  readonly reopen?: () => Promise<StorePair>;
  /** Closes and clears away. */
  readonly dispose: () => Promise<void>;
}

type Run = (stores: StorePair, make: RecordMaker, fixture: RoundStoreFixture) => Promise<void>;

/**
 * The conformance suite of the `RoundStore` port, for any test runner.
 *
 * @example
 * for (const { name, run } of roundStoreCases(openMine)) it(name, run);
 */
export function roundStoreCases(
  open: () => Promise<RoundStoreFixture>,
): readonly ConformanceCase[] {
  const crypto = createNodeCryptoProvider();
  return Object.entries({ ...taskRequirements, ...roundRequirements, ...lifeRequirements }).map(
    ([name, requirement]) => ({
      name,
      run: async () => {
        const fixture = await open();
        try {
          const make = new RecordMaker(crypto, seededRandom(crypto, 2));
          await requirement(fixture.storage, make, fixture);
        } finally {
          await fixture.dispose();
        }
      },
    }),
  );
}

async function addTask(
  { rounds }: StorePair,
  make: RecordMaker,
  changes: Partial<TaskRecord> = {},
): Promise<TaskRecord> {
  const { task, bytes } = make.task(changes);
  await rounds.createTask(task, bytes);
  return task;
}

const taskRequirements: Readonly<Record<string, Run>> = {
  async "gives a task back as it was created"(stores, make) {
    const task = await addTask(stores, make);
    const read = await stores.rounds.task(task.id);
    assert.deepEqual(read, task);
    // deepEqual does not look at the order of keys.
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
    };
    assert.deepEqual(await stores.rounds.checkpoints(task.id), [record]);
    assert.deepEqual(await stores.rounds.checkpoint(task.initialCheckpoint), record);
    assert.equal(await stores.rounds.lastCommitted(task.id), undefined);
  },

  async "knows nothing of what was never stored"(stores, make) {
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

  async "keeps why a task has finished, until it is moved again"(stores, make) {
    const { id } = await addTask(stores, make, { state: "running" });
    assert.equal(await stores.rounds.setTaskState(id, ["running"], "finished", "plateau"), true);
    assert.equal((await stores.rounds.task(id))?.endReason, "plateau");
    assert.equal(await stores.rounds.setTaskState(id, ["finished"], "running"), true);
    assert.equal((await stores.rounds.task(id))?.endReason, null);
  },

  async "moves no task that does not exist"(stores, make) {
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

const roundRequirements: Readonly<Record<string, Run>> = {
  async "gives rounds back as they were recorded, by number and end"(stores, make) {
    const task = await addTask(stores, make);
    const second = make.committed(task, 2);
    const first = make.committed(task, 1);
    const late = { ...make.abandoned(task, 2), endedAtMs: second.round.endedAtMs + 5 };
    const early = { ...make.abandoned(task, 2), endedAtMs: second.round.endedAtMs - 5 };
    await stores.rounds.recordRound(late);
    await stores.rounds.recordRound(second.round, second.checkpoint);
    await stores.rounds.recordRound(early);
    await stores.rounds.recordRound(first.round, first.checkpoint);
    const expected = [first.round, early, second.round, late];
    const read = await stores.rounds.rounds(task.id);
    assert.deepEqual(read, expected);
    assert.equal(JSON.stringify(read[0]?.metrics), JSON.stringify(first.round.metrics));
    for (const round of expected) assert.deepEqual(await stores.rounds.round(round.id), round);
  },

  async "commits a round together with its checkpoint"(stores, make) {
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.committed(task, 1, make.content(1_048_576 * 2 + 3));
    await stores.rounds.recordRound(round, checkpoint);
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
      await stores.rounds.recordRound(newest.round, newest.checkpoint);
    }
    await stores.rounds.recordRound(make.abandoned(task, 11));
    assert.deepEqual(await stores.rounds.lastCommitted(task.id), {
      roundNumber: 10,
      checkpoint: newest.checkpoint.record.id,
    });
    assert.equal(await stores.rounds.lastCommitted(other.id), undefined);
  },

  async "keeps evaluations apart from the rounds that make checkpoints"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.committed(task, 1);
    await stores.rounds.recordRound(first.round, first.checkpoint);
    const evaluations = (["evaluation", "operator-evaluation"] as const).flatMap((kind) =>
      [0, 1, 1].map((number) => ({
        ...make.committed(task, number).round,
        kind,
        checkpoint: null,
        endedAtMs: first.round.endedAtMs + 1,
      })),
    );
    for (const evaluation of evaluations) await stores.rounds.recordRound(evaluation);
    const read = await stores.rounds.rounds(task.id);
    assert.equal(read.length, 1 + evaluations.length);
    for (const each of evaluations) assert.deepEqual(await stores.rounds.round(each.id), each);
    assert.equal((await stores.rounds.checkpoints(task.id)).length, 2);
    assert.deepEqual(await stores.rounds.lastCommitted(task.id), {
      roundNumber: 1,
      checkpoint: first.round.checkpoint,
    });
    const second = make.committed(task, 2);
    const wrong = { ...second.round, kind: "evaluation" as const };
    await expectFailure("BAD_PARAMETER", stores.rounds.recordRound(wrong, second.checkpoint));
  },

  async "takes a rollback as the newest round, once a number"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.committed(task, 1);
    const second = make.committed(task, 2);
    await stores.rounds.recordRound(first.round, first.checkpoint);
    await stores.rounds.recordRound(second.round, second.checkpoint);
    const { record, bytes } = first.checkpoint;
    const back = make.committed(task, 3, { id: record.id, bytes });
    const rollback = { ...back.round, kind: "rollback" as const, reason: "back to round 1" };
    await stores.rounds.recordRound(rollback, back.checkpoint);
    await stores.rounds.recordRound(rollback, back.checkpoint);
    assert.deepEqual(await stores.rounds.lastCommitted(task.id), {
      roundNumber: 3,
      checkpoint: first.round.checkpoint,
    });
    const clash = make.committed(task, 3);
    await expectFailure(
      "TASK_STATE_CONFLICT",
      stores.rounds.recordRound(clash.round, clash.checkpoint),
    );
  },

  async "records a round once, however often it is sent"(stores, make) {
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.committed(task, 1);
    const abandoned = make.abandoned(task, 2);
    await Promise.all([
      stores.rounds.recordRound(round, checkpoint),
      stores.rounds.recordRound(round, checkpoint),
    ]);
    await stores.rounds.recordRound({ ...round, endedAtMs: round.endedAtMs + 9 }, checkpoint);
    await stores.rounds.recordRound(abandoned);
    await stores.rounds.recordRound(abandoned);
    assert.deepEqual(await stores.rounds.rounds(task.id), [round, abandoned]);
    assert.equal((await stores.rounds.checkpoints(task.id)).length, 2);
  },

  async "refuses a second committed round of one number"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.committed(task, 1);
    const second = make.committed(task, 1);
    await stores.rounds.recordRound(first.round, first.checkpoint);
    await expectFailure(
      "TASK_STATE_CONFLICT",
      stores.rounds.recordRound(second.round, second.checkpoint),
    );
    assert.deepEqual(await stores.rounds.rounds(task.id), [first.round]);
    assert.equal(await stores.rounds.checkpoint(second.checkpoint.record.id), undefined);
    assert.equal((await stores.rounds.lastCommitted(task.id))?.checkpoint, first.round.checkpoint);
  },

  async "commits one of several attempts at a number that end at once"(stores, make) {
    const task = await addTask(stores, make);
    const attempts = Array.from({ length: 6 }, () => make.committed(task, 1));
    const results = await Promise.allSettled(
      attempts.map(({ round, checkpoint }) => stores.rounds.recordRound(round, checkpoint)),
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
    await stores.rounds.recordRound(round, checkpoint);
    const other = { ...make.abandoned(task, 1), id: round.id };
    await expectFailure("TASK_STATE_CONFLICT", stores.rounds.recordRound(other));
    assert.deepEqual(await stores.rounds.round(round.id), round);
  },

  async "lets a round end with a checkpoint that there was before"(stores, make) {
    const task = await addTask(stores, make);
    const first = make.committed(task, 1);
    const { record, bytes } = first.checkpoint;
    const second = make.committed(task, 2, { id: record.id, bytes });
    await stores.rounds.recordRound(first.round, first.checkpoint);
    await stores.rounds.recordRound(second.round, second.checkpoint);
    assert.equal((await stores.rounds.checkpoints(task.id)).length, 3);
    assert.equal((await stores.rounds.checkpoint(record.id))?.roundNumber, 1);
  },

  async "refuses a round of a task that does not exist"(stores, make) {
    const { task } = make.task();
    const { round, checkpoint } = make.committed(task, 1);
    await expectFailure("TASK_UNKNOWN", stores.rounds.recordRound(round, checkpoint));
    await expectFailure("TASK_UNKNOWN", stores.rounds.recordRound(make.abandoned(task, 1)));
    assert.equal(await stores.rounds.round(round.id), undefined);
  },

  async "refuses records that contradict each other"(stores, make) {
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.committed(task, 1);
    const abandoned = make.abandoned(task, 1);
    const { record, bytes } = checkpoint;
    const wrong = [
      stores.rounds.recordRound(round),
      stores.rounds.recordRound({ ...round, checkpoint: null }, checkpoint),
      stores.rounds.recordRound(abandoned, checkpoint),
      stores.rounds.recordRound({ ...abandoned, checkpoint: record.id }),
      stores.rounds.recordRound(round, { record: { ...record, roundNumber: 2 }, bytes }),
      stores.rounds.recordRound(round, { record: { ...record, byteLength: 1 }, bytes }),
      stores.rounds.recordRound(round, {
        record: { ...record, taskId: make.task().task.id },
        bytes,
      }),
      stores.rounds.recordRound({ ...round, metrics: { loss: Number.NaN } }, checkpoint),
      stores.rounds.recordRound({ ...round, metrics: { loss: Infinity } }, checkpoint),
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
    await expectFailure("CHECKPOINT_CORRUPT", stores.rounds.recordRound(round, broken));
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

const lifeRequirements: Readonly<Record<string, Run>> = {
  async "answers a ping"({ rounds }) {
    await rounds.ping();
  },

  async "answers with STORAGE_UNAVAILABLE once it is closed"({ rounds }, make) {
    const { task, bytes } = make.task();
    await rounds.close();
    await rounds.close();
    await expectFailure("STORAGE_UNAVAILABLE", rounds.ping());
    await expectFailure("STORAGE_UNAVAILABLE", rounds.createTask(task, bytes));
    await expectFailure("STORAGE_UNAVAILABLE", rounds.tasks());
    await expectFailure("STORAGE_UNAVAILABLE", rounds.recordRound(make.abandoned(task, 1)));
  },

  async "keeps everything after closing and opening again"(stores, make, { reopen }) {
    if (reopen === undefined) return;
    const task = await addTask(stores, make, { state: "running" });
    const { round, checkpoint } = make.committed(task, 1);
    const abandoned = make.abandoned(task, 2);
    await stores.rounds.recordRound(round, checkpoint);
    await stores.rounds.recordRound(abandoned);
    const again = await reopen();
    assert.deepEqual(await again.rounds.tasks(), [task]);
    assert.deepEqual(await again.rounds.rounds(task.id), [round, abandoned]);
    assert.deepEqual((await again.rounds.checkpoints(task.id))[1], checkpoint.record);
    assert.deepEqual(await again.checkpoints.get(checkpoint.record.id), checkpoint.bytes);
    await expectFailure(
      "TASK_STATE_CONFLICT",
      again.rounds.recordRound(
        { ...make.committed(task, 1).round, checkpoint: round.checkpoint },
        checkpoint,
      ),
    );
  },

  async "finishes what is under way before it closes"(stores, make, { reopen }) {
    if (reopen === undefined) return;
    const task = await addTask(stores, make);
    const { round, checkpoint } = make.committed(task, 1);
    const recording = stores.rounds.recordRound(round, checkpoint);
    const again = await reopen();
    await recording;
    assert.deepEqual(await again.rounds.rounds(task.id), [round]);
    assert.deepEqual(await again.checkpoints.get(checkpoint.record.id), checkpoint.bytes);
  },
};
