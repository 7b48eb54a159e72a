import assert from "node:assert/strict";
import { isTributaryError, seededRandom, type ErrorCode } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { ConformanceCase } from "@tributary/protocol/testing";
import type { CheckpointStore } from "../storage/checkpoint-store.ts";
import {
  TASK_STATES,
  type ParticipationRecord,
  type RoundCommit,
  type RoundStore,
  type TaskRecord,
} from "../storage/round-store.ts";
import { expectFailure } from "./expectations.ts";
import { RecordMaker } from "./storage-records.ts";

/** A `RoundStore` with the `CheckpointStore` that holds the bytes of its checkpoints. */
export interface StorePair {
  readonly rounds: RoundStore;
  readonly checkpoints: CheckpointStore;
}

/** Empty stores for one case. */
export interface RoundStoreFixture {
  readonly storage: StorePair;
  /** Closes both and opens them again. Absent for stores that do not outlive their process. */
  readonly reopen?: () => Promise<StorePair>;
  /** Closes both and deletes what they hold. */
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
  return Object.entries({
    ...taskRequirements,
    ...roundRequirements,
    ...participationRequirements,
    ...lifeRequirements,
  }).map(([name, requirement]) => ({
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
  }));
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

/** A task's participations in the order of their devices. */
async function participations(
  { rounds }: StorePair,
  task: TaskRecord,
): Promise<ParticipationRecord[]> {
  const records = await rounds.participations(task.id);
  return records.sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
}

const taskRequirements: Readonly<Record<string, Run>> = {
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

  async "keeps the reason why a task has finished until its state changes again"(stores, make) {
    const { id } = await addTask(stores, make, { state: "running" });
    assert.equal(await stores.rounds.setTaskState(id, ["running"], "finished", "plateau"), true);
    assert.equal((await stores.rounds.task(id))?.endReason, "plateau");
    assert.equal(await stores.rounds.setTaskState(id, ["finished"], "running"), true);
    assert.equal((await stores.rounds.task(id))?.endReason, null);
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

const roundRequirements: Readonly<Record<string, Run>> = {
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

const participationRequirements: Readonly<Record<string, Run>> = {
  async "commits the devices that took part together with their round"(stores, make) {
    const task = await addTask(stores, make);
    const other = await addTask(stores, make);
    const first = make.committed(task, 1);
    await stores.rounds.commit({ ...first, participations: make.participations(1, ["a", "b"]) });
    await stores.rounds.commit({ ...make.committed(other, 1), participations: [] });
    assert.deepEqual(await participations(stores, task), make.participations(1, ["a", "b"]));
    assert.deepEqual(await participations(stores, other), []);
  },

  async "keeps the newest participation of each device in a task"(stores, make) {
    const task = await addTask(stores, make);
    const other = await addTask(stores, make);
    const commits: readonly (readonly [TaskRecord, number, readonly string[]])[] = [
      [task, 1, ["a", "b"]],
      [task, 3, ["b"]],
      // The rounds are committed out of order, which the port allows.
      [task, 2, ["b", "c"]],
      [other, 9, ["a"]],
    ];
    for (const [of, number, devices] of commits) {
      await stores.rounds.commit({
        ...make.committed(of, number),
        participations: make.participations(number, devices),
      });
    }
    assert.deepEqual(await participations(stores, task), [
      ...make.participations(1, ["a"]),
      ...make.participations(3, ["b"]),
      ...make.participations(2, ["c"]),
    ]);
    assert.deepEqual(await participations(stores, other), make.participations(9, ["a"]));
  },

  async "prunes participations by round number and by time"(stores, make) {
    const task = await addTask(stores, make);
    const other = await addTask(stores, make);
    const [first] = make.participations(1, ["a"]);
    assert.ok(first !== undefined);
    for (const [of, number, device] of [
      [task, 1, "a"],
      [task, 2, "b"],
      [other, 1, "a"],
    ] as const) {
      await stores.rounds.commit({
        ...make.committed(of, number),
        participations: make.participations(number, [device]),
      });
    }
    await stores.rounds.pruneParticipations(task.id, 1, first.atMs);
    assert.equal((await participations(stores, task)).length, 2);
    await stores.rounds.pruneParticipations(task.id, 0, Number.MAX_SAFE_INTEGER);
    assert.equal((await participations(stores, task)).length, 2);
    await stores.rounds.pruneParticipations(task.id, 1, Number.MAX_SAFE_INTEGER);
    assert.deepEqual(await participations(stores, task), make.participations(2, ["b"]));
    assert.deepEqual(await participations(stores, other), [first]);
  },

  async "commits as many devices at once as a cohort may have members"(stores, make) {
    const task = await addTask(stores, make);
    const devices = Array.from({ length: 16_384 }, (_, index) => `device-${index}`);
    await stores.rounds.commit({
      ...make.committed(task, 1),
      participations: make.participations(1, devices),
    });
    assert.equal((await stores.rounds.participations(task.id)).length, devices.length);
  },

  async "changes no participation when a round is sent again"(stores, make) {
    const task = await addTask(stores, make);
    const first = { ...make.committed(task, 1), participations: make.participations(1, ["a"]) };
    await Promise.all([stores.rounds.commit(first), stores.rounds.commit(first)]);
    await stores.rounds.commit({ ...first, participations: make.participations(1, ["a", "b"]) });
    assert.deepEqual(await participations(stores, task), first.participations);
  },

  async "keeps no participation of a round that it refuses"(stores, make) {
    const task = await addTask(stores, make);
    const { task: unknown } = make.task();
    const first = make.committed(task, 1);
    await stores.rounds.commit({ ...first, participations: make.participations(1, ["a"]) });
    const second = make.committed(task, 2);
    const { record, bytes } = second.checkpoint;
    const broken = bytes.slice();
    broken[7] = (broken[7] ?? 0) ^ 1;
    const evaluation = { ...second.round, kind: "evaluation", checkpoint: null } as const;
    const later = make.participations(2, ["a", "b"]);
    const [one] = later;
    assert.ok(one !== undefined);
    const refused: readonly (readonly [ErrorCode, RoundCommit])[] = [
      [
        "TASK_STATE_CONFLICT",
        { ...make.committed(task, 1), participations: make.participations(1, ["b"]) },
      ],
      ["TASK_UNKNOWN", { ...make.committed(unknown, 2), participations: later }],
      [
        "CHECKPOINT_CORRUPT",
        { ...second, checkpoint: { record, bytes: broken }, participations: later },
      ],
      ["BAD_PARAMETER", { round: make.abandoned(task, 2), participations: later }],
      ["BAD_PARAMETER", { round: evaluation, participations: later }],
      [
        "BAD_PARAMETER",
        { ...second, round: { ...second.round, kind: "rollback" }, participations: later },
      ],
      ["BAD_PARAMETER", { ...second, participations: make.participations(3, ["b"]) }],
      ["BAD_PARAMETER", { ...second, participations: [one, one] }],
    ];
    for (const [code, commit] of refused) await expectFailure(code, stores.rounds.commit(commit));
    assert.deepEqual(await participations(stores, task), make.participations(1, ["a"]));
    assert.deepEqual(await participations(stores, unknown), []);
    assert.deepEqual(await stores.rounds.rounds(task.id), [first.round]);
    // A row that a failed commit left behind would count once its round number is committed.
    await stores.rounds.commit({ ...second, participations: make.participations(2, ["c"]) });
    assert.deepEqual(await participations(stores, task), [
      ...make.participations(1, ["a"]),
      ...make.participations(2, ["c"]),
    ]);
  },

  async "keeps the participations of exactly one of several attempts that end at once"(
    stores,
    make,
  ) {
    const task = await addTask(stores, make);
    const attempts = ["a", "b", "c", "d"].map((device) => ({
      ...make.committed(task, 1),
      participations: make.participations(1, [device]),
    }));
    await Promise.allSettled(attempts.map((attempt) => stores.rounds.commit(attempt)));
    const [kept] = await stores.rounds.rounds(task.id);
    const winner = attempts.find(({ round }) => round.id === kept?.id);
    assert.deepEqual(await participations(stores, task), winner?.participations);
  },

  async "keeps participations after closing and opening again"(stores, make, { reopen }) {
    if (reopen === undefined) return;
    const task = await addTask(stores, make);
    const first = { ...make.committed(task, 1), participations: make.participations(1, ["a"]) };
    await stores.rounds.commit(first);
    assert.deepEqual(await participations(await reopen(), task), first.participations);
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
