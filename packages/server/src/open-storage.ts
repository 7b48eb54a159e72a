// Opens the stores. This is the only file that chooses between their adapters.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CryptoProvider } from "@tributary/protocol";
import { silentLogger, type Logger } from "./runtime/logger.ts";
import { fileError } from "./storage/file-error.ts";
import { FileCheckpointStore } from "./storage/files.ts";
import { lockFolder } from "./storage/folder-lock.ts";
import { ChunkedCheckpointStore } from "./storage/postgres/chunked-contents.ts";
import { DatabaseConnection } from "./storage/postgres/database-connection.ts";
import { databaseBytes } from "./storage/postgres/database-bytes.ts";
import { databaseError } from "./storage/postgres/database-error.ts";
import type { OpenDatabase } from "./storage/postgres/database.ts";
import { migrate } from "./storage/postgres/migrate.ts";
import { openNodePostgres } from "./storage/postgres/node-postgres.ts";
import { openPglite } from "./storage/postgres/pglite.ts";
import { PostgresIdentityStore } from "./storage/postgres/postgres-identity-store.ts";
import { PostgresLease } from "./storage/postgres/postgres-lease.ts";
import { PostgresAccessStore } from "./storage/postgres/postgres-access-store.ts";
import { PostgresRoundStore } from "./storage/postgres/postgres-round-store.ts";
import type { Storage } from "./storage/storage.ts";

/** What every store needs. */
export interface StorageDeps {
  readonly crypto: CryptoProvider;
  /** Gets a warning when a connection to the database is lost. Silent if left out. */
  readonly logger?: Logger;
}

/**
 * Opens the store that the configuration names: the Postgres server at `databaseUrl`, or the
 * embedded store in the folder `storeDir` when there is no URL.
 * @throws TributaryError `STORAGE_LOCKED` or `STORAGE_UNAVAILABLE`.
 */
export function openStorage(
  options: StorageDeps & { readonly storeDir: string; readonly databaseUrl?: string | undefined },
): Promise<Storage> {
  const { storeDir, databaseUrl } = options;
  return databaseUrl === undefined
    ? openEmbeddedStore({ ...options, folder: storeDir })
    : openPostgresStore({ ...options, url: databaseUrl });
}

/**
 * Opens the embedded store: PGlite in `<folder>/db`, checkpoints as files in
 * `<folder>/checkpoints`. The folder is made if it is missing and belongs to this process until
 * `close`.
 * @throws TributaryError `STORAGE_LOCKED`, which names the process that holds the folder, when
 * another one does; `STORAGE_UNAVAILABLE` when the folder or the database in it cannot be used.
 *
 * @example
 * const storage = await openEmbeddedStore({ folder: "./.tributary/store", crypto });
 * const tasks = await storage.rounds.tasks();
 * await storage.close();
 */
export async function openEmbeddedStore(
  options: StorageDeps & { readonly folder: string },
): Promise<Storage> {
  const { folder, crypto } = options;
  const closers: (() => Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      for (const closer of closers.reverse()) await closer();
    })();
    return closing;
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(folder, crypto);
    closers.push(() => lock.release());
    const files = await FileCheckpointStore.open({ folder: join(folder, "checkpoints"), crypto });
    closers.push(() => files.close());
    const connection = await connect(await openPglite(join(folder, "db")));
    closers.push(() => connection.close());
    return {
      rounds: new PostgresRoundStore(connection, crypto, files),
      checkpoints: files,
      access: new PostgresAccessStore(connection),
      async usage() {
        const { bytes, freeBytes } = await files.usage();
        return { bytes: bytes + (await databaseBytes(connection)), freeBytes };
      },
      identity: new PostgresIdentityStore(connection),
      close,
    };
  } catch (error) {
    await close();
    throw fileError(error, folder);
  }
}

/**
 * Opens a store in a Postgres server, which then holds the rows and the bytes of checkpoints alike.
 * Creates the tables that are missing and brings older ones up to date.
 * @throws TributaryError `STORAGE_UNAVAILABLE` when the server cannot be reached or refuses the
 * user.
 */
export async function openPostgresStore(
  options: StorageDeps & {
    readonly url: string;
    /**
     * Milliseconds after which a query without an answer fails with `STORAGE_UNAVAILABLE`. The
     * default is half a minute.
     */
    readonly queryTimeoutMs?: number;
  },
): Promise<Storage> {
  const { url, crypto, logger = silentLogger, queryTimeoutMs } = options;
  const onLost = (error: Error): void =>
    logger.warn("database connection lost", { reason: error.message });
  const opened = await openNodePostgres(url, onLost, { queryTimeoutMs });
  const connection = await connect(opened);
  // A connection of its own: a renewal must not wait behind a slow query.
  const leasing = await openNodePostgres(url, onLost, { queryTimeoutMs, poolSize: 1 });
  return {
    rounds: new PostgresRoundStore(connection, crypto),
    checkpoints: new ChunkedCheckpointStore(connection, crypto),
    access: new PostgresAccessStore(connection),
    usage: async () => ({ bytes: await databaseBytes(connection) }),
    identity: new PostgresIdentityStore(connection),
    lease: new PostgresLease(leasing, connection),
    close: async () => {
      await connection.close();
      await leasing.close();
    },
  };
}

/** Brings the tables up to date. If that fails, the database is closed again. */
async function connect(opened: OpenDatabase): Promise<DatabaseConnection> {
  try {
    await migrate(opened);
  } catch (error) {
    await opened.close();
    throw databaseError(error, opened.where);
  }
  return new DatabaseConnection(opened);
}
