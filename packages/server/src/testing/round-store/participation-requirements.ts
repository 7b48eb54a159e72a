import assert from "node:assert/strict";
import type { ErrorCode } from "@tributary/protocol";
import type { ParticipationRecord, RoundCommit, TaskRecord } from "../../storage/round-store.ts";
import { expectFailure } from "../expectations.ts";
import { addTask, type Requirement, type StorePair } from "./fixture.ts";

/** A task's participations in the order of their devices. */
async function participations(
  { rounds }: StorePair,
  task: TaskRecord,
): Promise<ParticipationRecord[]> {
  const records = await rounds.participations(task.id);
  return records.sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
}

/** What a store of rounds must do with the devices that took part. */
export const participationRequirements: Readonly<Record<string, Requirement>> = {
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
