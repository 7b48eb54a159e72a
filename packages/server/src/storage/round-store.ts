import type { MetricDetail, RoundFates, RoundKind, TaskEndReason } from "@tributary/core";
import type {
  CheckpointId,
  ErrorCode,
  OptimizerMemoryId,
  RoundId,
  TaskDefinition,
  TaskId,
  TributaryError,
} from "@tributary/protocol";

/** The state of a task. `cancelled` and `finished` are final. */
export type TaskState = "created" | "running" | "paused" | "cancelled" | "finished";

/** All states of a task. */
export const TASK_STATES: readonly TaskState[] = [
  "created",
  "running",
  "paused",
  "cancelled",
  "finished",
];

/** Whether a task of this state has come to its end: no order and no round changes it any more. */
export function hasEnded(state: TaskState): boolean {
  return state === "cancelled" || state === "finished";
}

/** Why the server itself has moved a task to another state. */
export interface TaskMoveReason {
  /** Given exactly when the task has finished. */
  readonly endReason?: TaskEndReason;
  /** The error for which all clients refuse a task that is paused for it. */
  readonly pauseReason?: ErrorCode;
}

/** What is known of every task, whichever version of the server has stored it. */
interface TaskHead {
  readonly id: TaskId;
  readonly name: string;
  readonly population: string;
  /**
   * The canonical bytes of the plan (RFC 8785). They are stored as they are, because clients check
   * their hash.
   */
  readonly planBytes: Uint8Array;
  readonly state: TaskState;
  /** Why the task has finished; null in every other state. */
  readonly endReason: TaskEndReason | null;
  /**
   * The error for which all clients refuse the task, when the server has paused it for that; null
   * otherwise.
   */
  readonly pauseReason: ErrorCode | null;
  readonly initialCheckpoint: CheckpointId;
  /** Milliseconds since the Unix epoch, as are all `…AtMs`. */
  readonly createdAtMs: number;
}

/** A task as an operator created it. Only `state` and the reasons for it ever change. */
export interface TaskRecord extends TaskHead {
  /**
   * The task file as parsed, with its defaults filled in. Of a task that an older version stored it
   * says what the task did there.
   */
  readonly definition: TaskDefinition;
}

/** A task whose definition this build cannot read. It does not run, and its checkpoints stay. */
export interface UnreadableTask extends TaskHead {
  /** `TASK_UNREADABLE`, with the reason. */
  readonly fault: TributaryError;
}

/** A task as a store returns it. */
export type StoredTask = TaskRecord | UnreadableTask;

/** @throws TributaryError `TASK_UNREADABLE` when the task's definition cannot be read. */
export function requireReadable(task: StoredTask): TaskRecord {
  if ("fault" in task) throw task.fault;
  return task;
}

/**
 * One attempt at a round, written when the attempt has ended. Abandoned attempts at one round that
 * ended for the same reason and without reports share a record: its counts are their sums, and it
 * grows with each of them. Any other record never changes.
 */
export interface RoundRecord {
  readonly id: RoundId;
  readonly taskId: TaskId;
  readonly kind: RoundKind;
  /**
   * 1 for the first round. Abandoned attempts have the number of the attempt that commits. An
   * evaluation has the number of the round that made the checkpoint, which is 0 for the initial
   * model.
   */
  readonly number: number;
  readonly outcome: "committed" | "abandoned";
  /** When the attempt began; for several, the first one. */
  readonly startedAtMs: number;
  /** When the attempt ended; for several, the last one. */
  readonly endedAtMs: number;
  /** Number of attempts that the record stands for; ≥ 1. */
  readonly attempts: number;
  /** How long the attempts took together, in milliseconds. */
  readonly roundTimeMs: number;
  /**
   * The checkpoint that the cohort trained from or measured. For a rollback, the newest checkpoint
   * before it.
   */
  readonly baseCheckpoint: CheckpointId;
  /**
   * The checkpoint that the round made or went back to. Null for an abandoned round and for an
   * evaluation.
   */
  readonly checkpoint: CheckpointId | null;
  /**
   * Why the round was abandoned; for a rollback, the round that it went back to. Null otherwise.
   */
  readonly reason: string | null;
  /** The number of clients in the cohort. */
  readonly selected: number;
  /** The number of reports in the aggregate. */
  readonly reported: number;
  /** The number of reports that were refused. */
  readonly rejected: number;
  /** The number of members that left without a report. */
  readonly droppedOut: number;
  /** What became of every member. The counts add up to `selected`. */
  readonly fates: RoundFates;
  /** The number of examples behind the reports: the sum of the weights in the average. */
  readonly exampleCount: number;
  /** Bytes that the cohort sent (up) and that were sent to it (down). */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /**
   * What the reports came to in each measure (`RoundMeasures`), or what the operator has measured.
   * All values are finite.
   */
  readonly metrics: Readonly<Record<string, number>>;
  /** What was measured beyond one number for each metric; empty when there is no more. */
  readonly metricDetail: MetricDetail;
}

/**
 * Records which bytes a task's model had after a round. Several tasks or rounds may name the same
 * bytes.
 */
export interface CheckpointRecord {
  readonly id: CheckpointId;
  readonly taskId: TaskId;
  /** 0 for the initial model. */
  readonly roundNumber: number;
  readonly byteLength: number;
  readonly createdAtMs: number;
  /**
   * What the server optimizer remembered after that round; null when it remembered nothing, as all
   * do before the first round.
   */
  readonly optimizerMemory: OptimizerMemoryId | null;
}

/** A checkpoint's record with its bytes. */
export interface NewCheckpoint {
  readonly record: CheckpointRecord;
  readonly bytes: Uint8Array;
  /** The bytes that `record.optimizerMemory` names: given exactly when it names any. */
  readonly optimizerMemory?: Uint8Array;
}

/** The newest committed round in which a device was in a task's cohort. */
export interface ParticipationRecord {
  readonly deviceId: string;
  readonly roundNumber: number;
  /** When the cohort was complete. */
  readonly atMs: number;
}

/** Everything that the end of one round leaves behind. It is written whole or not at all. */
export interface RoundCommit {
  readonly round: RoundRecord;
  /** The checkpoint that the round made: given exactly when `round.checkpoint` names one. */
  readonly checkpoint?: NewCheckpoint;
  /**
   * The devices of the cohort, each once, with the number of this round. Only a committed training
   * round has any, and only when its task limits how often a device takes part.
   */
  readonly participations?: readonly ParticipationRecord[];
}

/** The newest committed state of a task. */
export interface LastCommitted {
  readonly roundNumber: number;
  readonly checkpoint: CheckpointId;
  /** As in the checkpoint's record. */
  readonly optimizerMemory: OptimizerMemoryId | null;
}

/**
 * Tasks and their rounds. Once a method has resolved, its change survives a crash of the process,
 * provided that the store outlives its process. Every method rejects with `STORAGE_UNAVAILABLE`
 * when the store cannot be reached or is closed. Records that are handed out are the caller's own
 * copies.
 */
export interface RoundStore {
  /**
   * Stores a task and its initial checkpoint, which counts as round 0. Either both are stored or
   * neither.
   * @param initialBytes - The bytes that `task.initialCheckpoint` names.
   * @throws TributaryError `TASK_STATE_CONFLICT` when a task of that id exists;
   * `CHECKPOINT_CORRUPT` when the bytes do not hash to the checkpoint's id.
   */
  createTask(task: TaskRecord, initialBytes: Uint8Array): Promise<void>;

  /** One task; undefined when there is none of that id. */
  task(id: TaskId): Promise<StoredTask | undefined>;

  /** All tasks, oldest first. One that cannot be read does not keep the others from being read. */
  tasks(): Promise<StoredTask[]>;

  /**
   * Compare-and-set: moves the task to `to` if its state is one of `from`.
   * @param reason - Kept with the state. Reasons of earlier states are forgotten.
   * @returns Whether the state changed. False also when there is no such task.
   */
  setTaskState(
    id: TaskId,
    from: readonly TaskState[],
    to: TaskState,
    reason?: TaskMoveReason,
  ): Promise<boolean>;

  /**
   * Stores a round that has ended, with everything that it leaves behind. Either all of it is
   * stored or nothing. Idempotent by round id: a caller that did not get the answer may call again,
   * and the second call changes nothing. A record that stands for more attempts than the stored one
   * of the same id takes its place.
   * @throws TributaryError `TASK_STATE_CONFLICT` when another round of that number has been
   * committed, or this id was recorded with another outcome; `TASK_UNKNOWN`; `CHECKPOINT_CORRUPT`
   * when bytes do not hash to the id that names them; `BAD_PARAMETER` when the records contradict each other.
   */
  commit(commit: RoundCommit): Promise<void>;

  /** All rounds of a task, sorted by number, and those of one number by the time of their end. */
  rounds(taskId: TaskId): Promise<RoundRecord[]>;

  /** One round that has ended; undefined when there is none of that id. */
  round(id: RoundId): Promise<RoundRecord | undefined>;

  /** The newest committed round that made a checkpoint; undefined while there is none. */
  lastCommitted(taskId: TaskId): Promise<LastCommitted | undefined>;

  /** A task's checkpoints, the initial one first. */
  checkpoints(taskId: TaskId): Promise<CheckpointRecord[]>;

  /** The first record that names this checkpoint. */
  checkpoint(id: CheckpointId): Promise<CheckpointRecord | undefined>;

  /**
   * The newest participation of each device in a task's committed rounds, in no particular order.
   */
  participations(taskId: TaskId): Promise<ParticipationRecord[]>;

  /**
   * Deletes a task's participations of rounds up to `roundNumber` whose cohort was complete before
   * `atMs`.
   */
  pruneParticipations(taskId: TaskId, roundNumber: number, atMs: number): Promise<void>;

  /** Resolves when the store answers. */
  ping(): Promise<void>;

  /** Writes a few bytes for good that mean nothing. Resolves when that has worked. */
  probeWrite(): Promise<void>;

  /** Waits for what is under way; idempotent. */
  close(): Promise<void>;
}
