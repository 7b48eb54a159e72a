// Makes tasks, rounds and checkpoints for the conformance suites. All fields have different values,
// so that a test notices when two columns are mixed up.
import {
  checkpointIdOf,
  parseTask,
  toHex,
  xoshiro128,
  type CheckpointId,
  type CryptoProvider,
  type OptimizerMemoryId,
  type RandomSource,
  type RoundId,
  type TaskId,
} from "@tributary/protocol";
import type {
  NewCheckpoint,
  ParticipationRecord,
  RoundRecord,
  TaskRecord,
} from "../storage/round-store.ts";

/** Makes records. Two makers with the same seed make the same records. */
export class RecordMaker {
  readonly #crypto: CryptoProvider;
  readonly #random: RandomSource;

  constructor(crypto: CryptoProvider, random: RandomSource) {
    this.#crypto = crypto;
    this.#random = random;
  }

  /** A checkpoint of `byteLength` random bytes. */
  content(byteLength = 4_000): { readonly id: CheckpointId; readonly bytes: Uint8Array } {
    // A simple generator makes the bytes. The seeded source computes an HMAC for every 32 bytes,
    // which would take seconds for megabytes.
    const word = xoshiro128(this.#random.bytes(16));
    const words = Uint32Array.from({ length: Math.ceil(byteLength / 4) }, word);
    const bytes = new Uint8Array(words.buffer).slice(0, byteLength);
    return { id: checkpointIdOf(this.#crypto, bytes), bytes };
  }

  /** A task with its initial checkpoint's bytes. */
  task(changes: Partial<TaskRecord> = {}): {
    readonly task: TaskRecord;
    readonly bytes: Uint8Array;
  } {
    const { id, bytes } = this.content();
    const task: TaskRecord = {
      id: this.#id("task") as TaskId,
      name: "next-digit",
      population: "keyboard",
      definition: parseTask({
        population: "keyboard",
        name: "next-digit",
        model: { builtin: "logistic-regression" },
      }),
      planBytes: this.#random.bytes(300),
      state: "created",
      endReason: null,
      pauseReason: null,
      initialCheckpoint: id,
      createdAtMs: 1_790_000_000_123,
      ...changes,
    };
    return { task, bytes };
  }

  /** A committed round with the checkpoint it made. */
  committed(
    task: TaskRecord,
    number: number,
    content: { readonly id: CheckpointId; readonly bytes: Uint8Array } = this.content(),
  ): { readonly round: RoundRecord; readonly checkpoint: NewCheckpoint } {
    const round: RoundRecord = {
      ...this.#round(task, number),
      outcome: "committed",
      checkpoint: content.id,
      reason: null,
    };
    return {
      round,
      checkpoint: {
        record: {
          id: content.id,
          taskId: task.id,
          roundNumber: number,
          byteLength: content.bytes.length,
          createdAtMs: round.endedAtMs,
          optimizerMemory: null,
        },
        bytes: content.bytes,
      },
    };
  }

  /** A committed round after which the server optimizer remembers `byteLength` random bytes. */
  remembering(
    task: TaskRecord,
    number: number,
    byteLength = 8_000,
  ): {
    readonly round: RoundRecord;
    readonly checkpoint: Required<NewCheckpoint>;
  } {
    const { round, checkpoint } = this.committed(task, number);
    const optimizerMemory = this.content(byteLength).bytes;
    const id = toHex(this.#crypto.sha256(optimizerMemory)) as OptimizerMemoryId;
    const record = { ...checkpoint.record, optimizerMemory: id };
    return { round, checkpoint: { ...checkpoint, record, optimizerMemory } };
  }

  abandoned(task: TaskRecord, number: number): RoundRecord {
    return {
      ...this.#round(task, number),
      outcome: "abandoned",
      checkpoint: null,
      reason: "too-few-reports",
    };
  }

  /** Participations of these devices in one round. */
  participations(roundNumber: number, devices: readonly string[]): ParticipationRecord[] {
    const atMs = 1_790_000_000_000 + roundNumber;
    return devices.map((deviceId) => ({ deviceId, roundNumber, atMs }));
  }

  #round(task: TaskRecord, number: number): Omit<RoundRecord, "outcome" | "checkpoint" | "reason"> {
    const startedAtMs = task.createdAtMs + number * 60_000;
    return {
      id: this.#id("rnd") as RoundId,
      taskId: task.id,
      kind: "training",
      number,
      startedAtMs,
      endedAtMs: startedAtMs + 41_007,
      attempts: 1,
      roundTimeMs: 41_006,
      baseCheckpoint: task.initialCheckpoint,
      selected: 130,
      reported: 101,
      rejected: 3,
      droppedOut: 26,
      fates: {
        reported: 101,
        refused: { UPDATE_NOT_FINITE: 1, UPDATE_SHAPE: 2 },
        withdrew: { PLAN_REFUSED: 4 },
        left: { uploading: 2, training: 20 },
        unfinished: {},
      },
      // The value needs more than 32 bits, because the columns must hold 64.
      exampleCount: 5_000_000_001,
      bytesUp: 6_000_000_002,
      bytesDown: 7_000_000_003,
      // The store must keep the order of the keys and every bit of the numbers.
      metrics: { loss: 0.1 + 0.2, accuracy: 0.9712345678901234, a: 5e-324, auc: -1e300 },
      metricDetail: { confusion: [[3, 0.1 + 0.2]], aucErrorAtMost: 1e-9 },
    };
  }

  #id(prefix: string): string {
    return `${prefix}_${Buffer.from(this.#random.bytes(16)).toString("hex")}`;
  }
}
