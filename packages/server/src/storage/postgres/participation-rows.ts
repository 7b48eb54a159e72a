import { and, eq, exists, lt, lte, sql } from "drizzle-orm";
import type { TaskId } from "@tributary/protocol";
import type { ParticipationRecord } from "../round-store.ts";
import type { Queries, Reads } from "./database.ts";
import { participations, rounds } from "./schema.ts";

/** Postgres takes at most 65,535 parameters in one statement, and each row has four. */
const ROWS_PER_STATEMENT = 4_096;

/**
 * Writes the devices of a committed round within the transaction that commits it. Each device keeps
 * its newest round.
 */
export async function writeParticipations(
  queries: Queries,
  taskId: TaskId,
  records: readonly ParticipationRecord[],
): Promise<void> {
  for (let start = 0; start < records.length; start += ROWS_PER_STATEMENT) {
    const rows = records.slice(start, start + ROWS_PER_STATEMENT);
    await queries
      .insert(participations)
      .values(rows.map((record) => ({ taskId, ...record })))
      .onConflictDoUpdate({
        target: [participations.taskId, participations.deviceId],
        set: { roundNumber: sql`excluded.round_number`, atMs: sql`excluded.at_ms` },
        setWhere: sql`excluded.round_number >= ${participations.roundNumber}`,
      });
  }
}

/**
 * Reads the participations of a task.
 *
 * Before participations were part of a round's transaction they were written ahead of it. A store
 * from that time may hold rows of a round that was never committed. They do not count, so only rows
 * of committed rounds are read.
 */
export function readParticipations(db: Reads, taskId: TaskId): Promise<ParticipationRecord[]> {
  const { deviceId, roundNumber, atMs } = participations;
  const committedRound = db
    .select({ id: rounds.id })
    .from(rounds)
    .where(
      and(
        eq(rounds.taskId, participations.taskId),
        eq(rounds.number, participations.roundNumber),
        eq(rounds.kind, "training"),
        eq(rounds.outcome, "committed"),
      ),
    );
  return db
    .select({ deviceId, roundNumber, atMs })
    .from(participations)
    .where(and(eq(participations.taskId, taskId), exists(committedRound)))
    .execute();
}

/** Deletes what `RoundStore.pruneParticipations` names. */
export async function deleteParticipations(
  queries: Queries,
  taskId: TaskId,
  roundNumber: number,
  atMs: number,
): Promise<void> {
  await queries
    .delete(participations)
    .where(
      and(
        eq(participations.taskId, taskId),
        lte(participations.roundNumber, roundNumber),
        lt(participations.atMs, atMs),
      ),
    );
}
