import {
  TributaryError,
  type CheckpointId,
  type ContentId,
  type CryptoProvider,
  type RoundId,
  type TaskId,
} from "@tributary/protocol";
import { makesCheckpoint } from "@tributary/core";
import { putContents, type CheckpointStore } from "./checkpoint-store.ts";
import type { IdentityStore } from "./identity-store.ts";
import { MemoryAccessStore } from "./memory-access-store.ts";
import {
  WRONG_BYTES_REMEDY,
  checkCommit,
  numberTaken,
  requireHash,
  requireSameRound,
  taskExists,
  taskUnknown,
} from "./record-checks.ts";
import type {
  CheckpointRecord,
  LastCommitted,
  ParticipationRecord,
  RoundCommit,
  RoundRecord,
  RoundStore,
  StoredTask,
  TaskMoveReason,
  TaskRecord,
  TaskState,
} from "./round-store.ts";
import type { Storage } from "./storage.ts";

/**
 * Opens a store that keeps everything in memory and loses it when the process ends. It is meant for
 * tests, simulations and short experiments.
 */
export function openMemoryStore(deps: {
  readonly crypto: CryptoProvider;
  /** Holds the bytes of checkpoints. They are kept in memory if this is left out. */
  readonly checkpoints?: CheckpointStore;
}): Storage {
  const checkpoints = deps.checkpoints ?? new MemoryCheckpointStore(deps.crypto);
  const rounds = new MemoryRoundStore(deps.crypto, checkpoints);
  const access = new MemoryAccessStore();
  const identity = new MemoryIdentityStore();
  return {
    rounds,
    checkpoints,
    access,
    usage: async () => ({ bytes: await rounds.byteLength() }),
    identity,
    async close() {
      identity.close();
      access.close();
      await rounds.close();
      await checkpoints.close();
    },
  };
}

/** An `IdentityStore` in memory. */
class MemoryIdentityStore implements IdentityStore {
  #serverKey: string | undefined;
  #closed = false;

  async serverKey(): Promise<string | undefined> {
    requireOpen(this.#closed);
    return this.#serverKey;
  }

  async setServerKey(key: string): Promise<void> {
    requireOpen(this.#closed);
    this.#serverKey = key;
  }

  close(): void {
    this.#closed = true;
  }
}

/** A `CheckpointStore` in memory. */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly #crypto: CryptoProvider;
  readonly #bytes: Map<ContentId, Uint8Array> = new Map();
  #closed = false;

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
  }

  async put(id: ContentId, bytes: Uint8Array): Promise<void> {
    requireOpen(this.#closed);
    requireHash(this.#crypto, id, bytes, WRONG_BYTES_REMEDY);
    if (!this.#bytes.has(id)) this.#bytes.set(id, bytes.slice());
  }

  async get(id: ContentId): Promise<Uint8Array | undefined> {
    requireOpen(this.#closed);
    const bytes = this.#bytes.get(id);
    if (bytes !== undefined) {
      requireHash(this.#crypto, id, bytes, "Restart the process: its memory has been overwritten.");
    }
    return bytes?.slice();
  }

  async has(id: ContentId): Promise<boolean> {
    requireOpen(this.#closed);
    return this.#bytes.has(id);
  }

  async probeWrite(): Promise<void> {
    requireOpen(this.#closed);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#bytes.clear();
  }
}

/**
 * A `RoundStore` in memory. No method waits between its checks and its writes, so that other calls
 * cannot come in between.
 */
export class MemoryRoundStore implements RoundStore {
  readonly #crypto: CryptoProvider;
  readonly #contents: CheckpointStore;
  readonly #tasks: Map<TaskId, TaskRecord> = new Map();
  readonly #rounds: Map<RoundId, RoundRecord> = new Map();
  /** The newest participation of each device, by task and then by device. */
  readonly #participations: Map<TaskId, Map<string, ParticipationRecord>> = new Map();
  #checkpoints: CheckpointRecord[] = [];
  /** Bytes of what server optimizers remember, over all checkpoints. */
  #memoryBytes = 0;
  #closed = false;

  /** @param contents - Holds the bytes of checkpoints. */
  constructor(crypto: CryptoProvider, contents: CheckpointStore) {
    this.#crypto = crypto;
    this.#contents = contents;
  }

  async createTask(task: TaskRecord, initialBytes: Uint8Array): Promise<void> {
    requireOpen(this.#closed);
    await this.#contents.put(task.initialCheckpoint, initialBytes);
    if (this.#tasks.has(task.id)) throw taskExists(task.id);
    this.#tasks.set(task.id, structuredClone(task));
    this.#checkpoints.push({
      id: task.initialCheckpoint,
      taskId: task.id,
      roundNumber: 0,
      byteLength: initialBytes.length,
      createdAtMs: task.createdAtMs,
      optimizerMemory: null,
    });
  }

  async task(id: TaskId): Promise<StoredTask | undefined> {
    requireOpen(this.#closed);
    return structuredClone(this.#tasks.get(id));
  }

  async tasks(): Promise<StoredTask[]> {
    requireOpen(this.#closed);
    return structuredClone([...this.#tasks.values()]).sort(
      (a, b) => a.createdAtMs - b.createdAtMs || compareText(a.id, b.id),
    );
  }

  async setTaskState(
    id: TaskId,
    from: readonly TaskState[],
    to: TaskState,
    { endReason, pauseReason }: TaskMoveReason = {},
  ): Promise<boolean> {
    requireOpen(this.#closed);
    const task = this.#tasks.get(id);
    if (task === undefined || !from.includes(task.state)) return false;
    this.#tasks.set(id, {
      ...task,
      state: to,
      endReason: endReason ?? null,
      pauseReason: pauseReason ?? null,
    });
    return true;
  }

  async commit(commit: RoundCommit): Promise<void> {
    requireOpen(this.#closed);
    checkCommit(this.#crypto, commit);
    const { round, checkpoint, participations = [] } = commit;
    if (checkpoint !== undefined) {
      await putContents(this.#contents, checkpoint);
    }
    // Nothing waits from here on, so that no other call comes between the checks and the writes.
    const recorded = this.#rounds.get(round.id);
    if (recorded !== undefined) {
      requireSameRound(recorded, round);
      if (round.attempts > recorded.attempts) this.#rounds.set(round.id, structuredClone(round));
      return;
    }
    if (!this.#tasks.has(round.taskId)) throw taskUnknown(round.taskId);
    if (checkpoint !== undefined) {
      if (this.#committed(round.taskId).some(({ number }) => number === round.number)) {
        throw numberTaken(round);
      }
      this.#checkpoints.push(structuredClone(checkpoint.record));
      this.#memoryBytes += checkpoint.optimizerMemory?.length ?? 0;
    }
    this.#rounds.set(round.id, structuredClone(round));
    const newest = this.#participations.get(round.taskId) ?? new Map<string, ParticipationRecord>();
    this.#participations.set(round.taskId, newest);
    for (const record of participations) {
      if (record.roundNumber < (newest.get(record.deviceId)?.roundNumber ?? 0)) continue;
      newest.set(record.deviceId, structuredClone(record));
    }
  }

  async rounds(taskId: TaskId): Promise<RoundRecord[]> {
    requireOpen(this.#closed);
    return structuredClone(
      [...this.#rounds.values()].filter((round) => round.taskId === taskId),
    ).sort((a, b) => a.number - b.number || a.endedAtMs - b.endedAtMs || compareText(a.id, b.id));
  }

  async round(id: RoundId): Promise<RoundRecord | undefined> {
    requireOpen(this.#closed);
    return structuredClone(this.#rounds.get(id));
  }

  async lastCommitted(taskId: TaskId): Promise<LastCommitted | undefined> {
    requireOpen(this.#closed);
    // Round 0 is not a round, but the task's creation.
    const last = (await this.checkpoints(taskId)).findLast(({ roundNumber }) => roundNumber > 0);
    if (last === undefined) return undefined;
    const { roundNumber, id: checkpoint, optimizerMemory } = last;
    return { roundNumber, checkpoint, optimizerMemory };
  }

  async checkpoints(taskId: TaskId): Promise<CheckpointRecord[]> {
    requireOpen(this.#closed);
    return structuredClone(this.#checkpoints.filter((record) => record.taskId === taskId)).sort(
      (a, b) => a.roundNumber - b.roundNumber,
    );
  }

  async checkpoint(id: CheckpointId): Promise<CheckpointRecord | undefined> {
    requireOpen(this.#closed);
    const records = structuredClone(this.#checkpoints.filter((record) => record.id === id));
    return records.sort(
      (a, b) =>
        a.createdAtMs - b.createdAtMs ||
        compareText(a.taskId, b.taskId) ||
        a.roundNumber - b.roundNumber,
    )[0];
  }

  async participations(taskId: TaskId): Promise<ParticipationRecord[]> {
    requireOpen(this.#closed);
    return structuredClone([...(this.#participations.get(taskId)?.values() ?? [])]);
  }

  async pruneParticipations(taskId: TaskId, roundNumber: number, atMs: number): Promise<void> {
    requireOpen(this.#closed);
    const newest = this.#participations.get(taskId);
    for (const [deviceId, record] of newest ?? []) {
      if (record.roundNumber <= roundNumber && record.atMs < atMs) newest?.delete(deviceId);
    }
  }

  async ping(): Promise<void> {
    requireOpen(this.#closed);
  }

  probeWrite(): Promise<void> {
    return this.ping();
  }

  /** Bytes of all checkpoints that tasks name, with what optimizers remember. */
  async byteLength(): Promise<number> {
    requireOpen(this.#closed);
    return this.#checkpoints.reduce((sum, { byteLength }) => sum + byteLength, this.#memoryBytes);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#tasks.clear();
    this.#rounds.clear();
    this.#participations.clear();
    this.#checkpoints = [];
    this.#memoryBytes = 0;
  }

  #committed(taskId: TaskId): RoundRecord[] {
    return [...this.#rounds.values()].filter(
      ({ taskId: of, outcome, kind }) =>
        of === taskId && outcome === "committed" && makesCheckpoint(kind),
    );
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function requireOpen(closed: boolean): void {
  if (!closed) return;
  throw new TributaryError("STORAGE_UNAVAILABLE", "The store is closed", {
    remedy: "Open it again.",
  });
}
