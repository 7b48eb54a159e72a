import { and, asc, desc, eq, gt, inArray, lt, sql } from "drizzle-orm";
import type { CheckpointId, CryptoProvider, RoundId, TaskId } from "@tributary/protocol";
import { putContents, type CheckpointStore } from "../checkpoint-store.ts";
import {
  WRONG_BYTES_REMEDY,
  checkCommit,
  numberTaken,
  requireHash,
  requireSameRound,
  taskExists,
  taskUnknown,
} from "../record-checks.ts";
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
} from "../round-store.ts";
import { writeContents } from "./chunked-contents.ts";
import type { DatabaseConnection } from "./database-connection.ts";
import { isConnectionLoss, violates } from "./database-error.ts";
import type { Queries } from "./database.ts";
import {
  deleteParticipations,
  readParticipations,
  writeParticipations,
} from "./participation-rows.ts";
import { checkpoints, rounds, tasks, writeProbe } from "./schema.ts";
import { storedTask, taskRow } from "./task-rows.ts";

/**
 * How often a commit is tried. A restart of the database cuts every connection of the pool, so the
 * connection of the second try may be dead as well.
 */
const COMMIT_TRIES = 3;

/** `RoundStore` in Postgres tables, whichever driver reaches them. */
export class PostgresRoundStore implements RoundStore {
  readonly #connection: DatabaseConnection;
  readonly #crypto: CryptoProvider;
  readonly #files: CheckpointStore | undefined;

  /**
   * @param files - Holds the bytes of checkpoints. They are written before the transaction that
   * names them begins, so that no row ever names missing bytes. If left out, the bytes are written
   * as rows within the same transaction.
   */
  constructor(connection: DatabaseConnection, crypto: CryptoProvider, files?: CheckpointStore) {
    this.#connection = connection;
    this.#crypto = crypto;
    this.#files = files;
  }

  async createTask(task: TaskRecord, initialBytes: Uint8Array): Promise<void> {
    const id = task.initialCheckpoint;
    requireHash(this.#crypto, id, initialBytes, WRONG_BYTES_REMEDY);
    await this.#connection.run(async ({ transaction }) => {
      await this.#files?.put(id, initialBytes);
      await transaction(async (tx) => {
        const added = await tx
          .insert(tasks)
          .values(taskRow(task))
          .onConflictDoNothing()
          .returning({ id: tasks.id });
        if (added.length === 0) throw taskExists(task.id);
        if (this.#files === undefined) await writeContents(tx, id, initialBytes);
        await tx.insert(checkpoints).values({
          id,
          taskId: task.id,
          roundNumber: 0,
          byteLength: initialBytes.length,
          createdAtMs: task.createdAtMs,
        });
      });
    });
  }

  task(id: TaskId): Promise<StoredTask | undefined> {
    return this.#connection.run(async ({ db }) => {
      const [found] = await db.select().from(tasks).where(eq(tasks.id, id));
      return found && storedTask(found);
    });
  }

  async tasks(): Promise<StoredTask[]> {
    const rows = await this.#connection.run(({ db }) =>
      db.select().from(tasks).orderBy(asc(tasks.createdAtMs), asc(tasks.id)),
    );
    return rows.map(storedTask);
  }

  setTaskState(
    id: TaskId,
    from: readonly TaskState[],
    to: TaskState,
    { endReason, pauseReason }: TaskMoveReason = {},
  ): Promise<boolean> {
    return this.#connection.write(async (tx) => {
      const moved = await tx
        .update(tasks)
        .set({ state: to, endReason: endReason ?? null, pauseReason: pauseReason ?? null })
        .where(and(eq(tasks.id, id), inArray(tasks.state, [...from])))
        .returning({ id: tasks.id });
      return moved.length > 0;
    });
  }

  async commit(commit: RoundCommit): Promise<void> {
    checkCommit(this.#crypto, commit);
    const { checkpoint } = commit;
    await this.#connection.run(async ({ transaction }) => {
      if (checkpoint !== undefined && this.#files !== undefined) {
        await putContents(this.#files, checkpoint);
      }
      for (let tries = 1; ; tries++) {
        try {
          await transaction((tx) => this.#write(tx, commit));
          return;
        } catch (error) {
          // The transaction may or may not have been committed. Sending it again on another
          // connection finds out.
          if (tries === COMMIT_TRIES || !isConnectionLoss(error)) throw error;
        }
      }
    });
  }

  rounds(taskId: TaskId): Promise<RoundRecord[]> {
    return this.#connection.run(({ db }) =>
      db
        .select()
        .from(rounds)
        .where(eq(rounds.taskId, taskId))
        .orderBy(asc(rounds.number), asc(rounds.endedAtMs), asc(rounds.id)),
    );
  }

  round(id: RoundId): Promise<RoundRecord | undefined> {
    return this.#connection.run(async ({ db }) => {
      const [found] = await db.select().from(rounds).where(eq(rounds.id, id));
      return found;
    });
  }

  lastCommitted(taskId: TaskId): Promise<LastCommitted | undefined> {
    return this.#connection.run(async ({ db }) => {
      const [last] = await db
        .select({
          roundNumber: checkpoints.roundNumber,
          checkpoint: checkpoints.id,
          optimizerMemory: checkpoints.optimizerMemory,
        })
        .from(checkpoints)
        // Round 0 is not a round, but the task's creation.
        .where(and(eq(checkpoints.taskId, taskId), gt(checkpoints.roundNumber, 0)))
        .orderBy(desc(checkpoints.roundNumber))
        .limit(1);
      return last;
    });
  }

  checkpoints(taskId: TaskId): Promise<CheckpointRecord[]> {
    return this.#connection.run(({ db }) =>
      db
        .select()
        .from(checkpoints)
        .where(eq(checkpoints.taskId, taskId))
        .orderBy(asc(checkpoints.roundNumber)),
    );
  }

  checkpoint(id: CheckpointId): Promise<CheckpointRecord | undefined> {
    return this.#connection.run(async ({ db }) => {
      const [first] = await db
        .select()
        .from(checkpoints)
        .where(eq(checkpoints.id, id))
        .orderBy(
          asc(checkpoints.createdAtMs),
          asc(checkpoints.taskId),
          asc(checkpoints.roundNumber),
        )
        .limit(1);
      return first;
    });
  }

  participations(taskId: TaskId): Promise<ParticipationRecord[]> {
    return this.#connection.run(({ db }) => readParticipations(db, taskId));
  }

  pruneParticipations(taskId: TaskId, roundNumber: number, atMs: number): Promise<void> {
    return this.#connection.write((tx) => deleteParticipations(tx, taskId, roundNumber, atMs));
  }

  async ping(): Promise<void> {
    await this.#connection.run(({ db }) => db.select({ one: sql`1` }).from(sql`(select 1) as one`));
  }

  async probeWrite(): Promise<void> {
    await this.#connection.write((tx) =>
      tx
        .insert(writeProbe)
        .values({ id: 1, writes: 1 })
        .onConflictDoUpdate({
          target: writeProbe.id,
          set: { writes: sql`${writeProbe.writes} + 1` },
        }),
    );
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /**
   * Writes everything that a round leaves behind, in every table. This is the one transaction that
   * ends a round.
   */
  async #write(tx: Queries, { round, checkpoint, participations }: RoundCommit): Promise<void> {
    const added = await tx
      .insert(rounds)
      .values(round)
      .onConflictDoNothing({ target: rounds.id })
      .returning({ id: rounds.id })
      .catch((error: unknown) => {
        if (violates(error, "rounds_committed_number")) throw numberTaken(round);
        if (violates(error, "rounds_task_id_tasks_id_fk")) throw taskUnknown(round.taskId);
        throw error;
      });
    if (added.length === 0) {
      const [recorded] = await tx.select().from(rounds).where(eq(rounds.id, round.id));
      requireSameRound(recorded, round);
      // The round was committed before, and everything else with it. Only a run of abandoned
      // attempts may have grown since.
      await tx
        .update(rounds)
        .set(round)
        .where(and(eq(rounds.id, round.id), lt(rounds.attempts, round.attempts)));
      return;
    }
    if (checkpoint !== undefined) {
      if (this.#files === undefined) {
        await putContents({ put: (id, bytes) => writeContents(tx, id, bytes) }, checkpoint);
      }
      await tx.insert(checkpoints).values(checkpoint.record);
    }
    if (participations !== undefined) await writeParticipations(tx, round.taskId, participations);
  }
}
