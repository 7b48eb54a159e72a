import type { RoundFates } from "../rounds/fates.ts";
import type { RoundKind } from "../rounds/round-kind.ts";
import type { TaskEndReason } from "../rounds/task-history.ts";
import type { CheckpointId, RoundId, TaskDefinition, TaskId } from "@tributary/protocol";

/** Where a task is in its life. `cancelled` and `finished` are final. */
export type TaskState = "created" | "running" | "paused" | "cancelled" | "finished";

export const TASK_STATES: readonly TaskState[] = [
  "created",
  "running",
  "paused",
  "cancelled",
  "finished",
];

/** One task as an operator created it. Only `state` and `endReason` ever change. */
export interface TaskRecord {
  readonly id: TaskId;
  readonly name: string;
  readonly population: string;
  /** The task file as parsed, with its defaults filled in. */
  readonly definition: TaskDefinition;
  /** Canonical bytes of the plan (RFC 8785): stored as they are, since clients check their hash. */
  readonly planBytes: Uint8Array;
  readonly state: TaskState;
  /** Why it has finished; null in every other state. */
  readonly endReason: TaskEndReason | null;
  readonly initialCheckpoint: CheckpointId;
  /** Milliseconds since the Unix epoch, as are all `…AtMs`. */
  readonly createdAtMs: number;
}

export type RoundOutcome = "committed" | "abandoned";

/** One attempt at a round, written when it has ended; never changed. */
export interface RoundRecord {
  readonly id: RoundId;
  readonly taskId: TaskId;
  readonly kind: RoundKind;
  /**
   * 1 for the first round. Abandoned attempts share their number with the one that commits. Of an evaluation, the round that
   * made the checkpoint; 0 for the initial model.
   */
  readonly number: number;
  readonly outcome: RoundOutcome;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** The checkpoint that the cohort trained from, or measured; before a rollback, the newest. */
  readonly baseCheckpoint: CheckpointId;
  /** The checkpoint that the round made, or went back to; null when it was abandoned, and of an evaluation. */
  readonly checkpoint: CheckpointId | null;
  /** Why it was abandoned. */
  readonly reason: string | null;
  /** Clients in the cohort. */
  readonly selected: number;
  /** Reports folded into the aggregate. */
  readonly reported: number;
  /** Reports refused. */
  readonly rejected: number;
  /** Members of the cohort that left without a report. */
  readonly droppedOut: number;
  /** What became of every member: together they are `selected`. */
  readonly fates: RoundFates;
  /** Examples behind the reports: the sum of the weights in the average. */
  readonly exampleCount: number;
  /** Payload bytes from and to the cohort. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Means over examples; finite. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** That a task's model had these bytes after a round. Two tasks or rounds may name the same bytes. */
export interface CheckpointRecord {
  readonly id: CheckpointId;
  readonly taskId: TaskId;
  /** 0 for the initial model. */
  readonly roundNumber: number;
  readonly byteLength: number;
  readonly createdAtMs: number;
}

/** A checkpoint's record with its bytes. */
export interface NewCheckpoint {
  readonly record: CheckpointRecord;
  readonly bytes: Uint8Array;
}

/** The newest committed state of a task. */
export interface LastCommitted {
  readonly roundNumber: number;
  readonly checkpoint: CheckpointId;
}

/**
 * Tasks and their rounds. What a method has resolved for survives a crash of the process; a store that outlives
 * its process says so in its factory. Every method rejects with `STORAGE_UNAVAILABLE` when the store cannot be
 * reached or is closed. Records that are handed out are the caller's own copies.
 */
export interface RoundStore {
  /**
   * Stores a task and its initial checkpoint (round 0), both or neither.
   * @param initialBytes - The bytes that `task.initialCheckpoint` names.
   * @throws TributaryError `TASK_STATE_CONFLICT` when a task of that id exists; `CHECKPOINT_CORRUPT` when the
   * bytes do not hash to the checkpoint's id.
   */
  createTask(task: TaskRecord, initialBytes: Uint8Array): Promise<void>;

  /** The task of this id; undefined when there is none. */
  task(id: TaskId): Promise<TaskRecord | undefined>;

  /** All tasks, oldest first. */
  tasks(): Promise<TaskRecord[]>;

  /**
   * Compare-and-set: moves the task to `to` if its state is one of `from`.
   * @param endReason - Given exactly when `to` is `finished`.
   * @returns Whether it moved; false as well for a task that does not exist.
   */
  setTaskState(
    id: TaskId,
    from: readonly TaskState[],
    to: TaskState,
    endReason?: TaskEndReason,
  ): Promise<boolean>;

  /**
   * Writes down a round that has ended, and the checkpoint that a committed one made: all or nothing.
   * Idempotent by round id, so that a caller who lost the answer may ask again.
   * @param checkpoint - Required for a committed round that makes a checkpoint, not allowed for any other.
   * @throws TributaryError `TASK_STATE_CONFLICT` when another round of that number has been committed, or
   * this id was recorded with another outcome; `TASK_UNKNOWN`; `CHECKPOINT_CORRUPT` when the bytes do not hash
   * to the id; `BAD_PARAMETER` when the records contradict each other.
   */
  recordRound(round: RoundRecord, checkpoint?: NewCheckpoint): Promise<void>;

  /** All rounds of a task by number, those of one number by their end. */
  rounds(taskId: TaskId): Promise<RoundRecord[]>;

  /** The record of a round that has ended; undefined when there is none of this id. */
  round(id: RoundId): Promise<RoundRecord | undefined>;

  /** The committed round of the highest number that made a checkpoint; undefined while there is none. */
  lastCommitted(taskId: TaskId): Promise<LastCommitted | undefined>;

  /** A task's checkpoints, the initial one first. */
  checkpoints(taskId: TaskId): Promise<CheckpointRecord[]>;

  /** The first record that names this checkpoint. */
  checkpoint(id: CheckpointId): Promise<CheckpointRecord | undefined>;

  /** Resolves when the store answers. */
  ping(): Promise<void>;

  /** Waits for what is under way; idempotent. */
  close(): Promise<void>;
}
