import { and, eq, ne, sql } from "drizzle-orm";
import { TributaryError, type ContentId, type CryptoProvider } from "@tributary/protocol";
import type { CheckpointStore } from "../checkpoint-store.ts";
import { WRONG_BYTES_REMEDY, requireHash } from "../record-checks.ts";
import type { DatabaseConnection } from "./database-connection.ts";
import type { Queries, Reads } from "./database.ts";
import { checkpointChunks, checkpointContents } from "./schema.ts";

/** Bytes of a checkpoint in one row. This bounds the memory that a query takes on both sides. */
export const CHUNK_BYTES = 1_048_576;

/**
 * Writes a checkpoint's bytes within the caller's transaction. If they are there already, only the
 * rows whose bytes have changed since are written again. When another transaction is writing the
 * same bytes, this waits for its end.
 */
export async function writeContents(
  queries: Queries,
  id: ContentId,
  bytes: Uint8Array,
): Promise<void> {
  const byteLength = bytes.length;
  const added = await queries
    .insert(checkpointContents)
    .values({ id, byteLength })
    .onConflictDoNothing()
    .returning({ id: checkpointContents.id });
  const isNew = added.length > 0;
  if (!isNew) {
    await queries
      .update(checkpointContents)
      .set({ byteLength })
      .where(and(eq(checkpointContents.id, id), ne(checkpointContents.byteLength, byteLength)));
  }
  for (let index = 0; index * CHUNK_BYTES < byteLength; index++) {
    const chunk = bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    if (!isNew && (await holds(queries, id, index, chunk))) continue;
    await queries
      .insert(checkpointChunks)
      .values({ checkpointId: id, index, bytes: chunk })
      .onConflictDoUpdate({
        target: [checkpointChunks.checkpointId, checkpointChunks.index],
        set: { bytes: chunk },
      });
  }
}

/** Whether a row holds exactly these bytes. */
async function holds(
  queries: Queries,
  id: ContentId,
  index: number,
  bytes: Uint8Array,
): Promise<boolean> {
  const stored = await readChunk(queries, id, index);
  return stored !== undefined && Buffer.compare(stored, bytes) === 0;
}

async function readChunk(
  queries: Pick<Reads, "select">,
  id: ContentId,
  index: number,
): Promise<Uint8Array | undefined> {
  const [chunk] = await queries
    .select({ bytes: checkpointChunks.bytes })
    .from(checkpointChunks)
    .where(and(eq(checkpointChunks.checkpointId, id), eq(checkpointChunks.index, index)));
  return chunk?.bytes;
}

/**
 * Has the database write a few hundred kilobytes to its disk and forget them. A row that is changed
 * in place would find room on a full disk as well; sorting more than fits into memory does not.
 */
async function spillToDisk(queries: Queries): Promise<void> {
  await queries.execute(sql`set local work_mem = '64kB'`);
  await queries.execute(
    sql`select count(*) from (select n from generate_series(1, 20000) as n order by n desc offset 0) as sorted`,
  );
}

/** A `CheckpointStore` that keeps each checkpoint in rows of at most 1 MiB. */
export class ChunkedCheckpointStore implements CheckpointStore {
  readonly #connection: DatabaseConnection;
  readonly #crypto: CryptoProvider;

  /** @param connection - Shared with the round store; closed by either. */
  constructor(connection: DatabaseConnection, crypto: CryptoProvider) {
    this.#connection = connection;
    this.#crypto = crypto;
  }

  async put(id: ContentId, bytes: Uint8Array): Promise<void> {
    requireHash(this.#crypto, id, bytes, WRONG_BYTES_REMEDY);
    await this.#connection.write((tx) => writeContents(tx, id, bytes));
  }

  get(id: ContentId): Promise<Uint8Array | undefined> {
    return this.#connection.run(async ({ db }) => {
      const [found] = await db
        .select({ byteLength: checkpointContents.byteLength })
        .from(checkpointContents)
        .where(eq(checkpointContents.id, id));
      if (found === undefined) return undefined;
      const bytes = new Uint8Array(found.byteLength);
      for (let offset = 0; offset < bytes.length; offset += CHUNK_BYTES) {
        const chunk = await readChunk(db, id, offset / CHUNK_BYTES);
        if (chunk?.length !== Math.min(CHUNK_BYTES, bytes.length - offset)) {
          throw new TributaryError(
            "CHECKPOINT_CORRUPT",
            `Row ${offset / CHUNK_BYTES} of checkpoint ${id} is missing or has a wrong length`,
            { remedy: RESTORE_REMEDY, context: { checkpoint: id } },
          );
        }
        bytes.set(chunk, offset);
      }
      requireHash(this.#crypto, id, bytes, RESTORE_REMEDY);
      return bytes;
    });
  }

  has(id: ContentId): Promise<boolean> {
    return this.#connection.run(async ({ db }) => {
      const found = await db
        .select({ id: checkpointContents.id })
        .from(checkpointContents)
        .where(eq(checkpointContents.id, id));
      return found.length > 0;
    });
  }

  async probeWrite(): Promise<void> {
    await this.#connection.run(({ transaction }) => transaction(spillToDisk));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

const RESTORE_REMEDY = "Restore the database from a backup, or go on from an earlier checkpoint.";
