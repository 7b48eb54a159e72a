import type { CheckpointStore } from "../../storage/checkpoint-store.ts";
import type { RoundStore, TaskRecord } from "../../storage/round-store.ts";
import type { RecordMaker } from "../storage-records.ts";

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

/** One requirement of the port. */
export type Requirement = (
  stores: StorePair,
  make: RecordMaker,
  fixture: RoundStoreFixture,
) => Promise<void>;

/** Stores a new task. */
export async function addTask(
  { rounds }: StorePair,
  make: RecordMaker,
  changes: Partial<TaskRecord> = {},
): Promise<TaskRecord> {
  const { task, bytes } = make.task(changes);
  await rounds.createTask(task, bytes);
  return task;
}
