import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CryptoProvider } from "@tributary/protocol";
import { silentLogger, type Logger } from "../runtime/logger.ts";
import type { AccessStore } from "./access-store.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { fileError } from "./file-error.ts";
import { FileCheckpointStore } from "./files.ts";
import { lockFolder } from "./folder-lock.ts";
import { ChunkedCheckpointStore } from "./postgres/chunked-contents.ts";
import { DatabaseConnection } from "./postgres/database-connection.ts";
import { databaseError } from "./postgres/database-error.ts";
import type { OpenDatabase } from "./postgres/database.ts";
import { migrate } from "./postgres/migrate.ts";
import { openNodePostgres } from "./postgres/node-postgres.ts";
import { openPglite } from "./postgres/pglite.ts";
import { PostgresAccessStore } from "./postgres/postgres-access-store.ts";
import { PostgresRoundStore } from "./postgres/postgres-round-store.ts";
import type { RoundStore } from "./round-store.ts";

/** Where a server keeps what must outlive it. The checkpoints that the rounds name are in `checkpoints`. */
export interface Storage {
  readonly rounds: RoundStore;
  readonly checkpoints: CheckpointStore;
  readonly access: AccessStore;
  /** Closes all; idempotent. */
  close(): Promise<void>;
}

export interface StorageDeps {
  readonly crypto: CryptoProvider;
  /** Told of lost connections. */
  readonly logger?: Logger;
}

/** `databaseUrl` selects a Postgres server; without it everything is in `storeDir`. */
export function openStorage(
  options: StorageDeps & { readonly storeDir: string; readonly databaseUrl?: string | undefined },
): Promise<Storage> {
  const { storeDir, databaseUrl } = options;
  return databaseUrl === undefined
    ? openEmbeddedStore({ ...options, folder: storeDir })
    : openPostgresStore({ ...options, url: databaseUrl });
}

/**
 * Opens the embedded store: PGlite in `<folder>/db`, checkpoints as files in `<folder>/checkpoints`. The folder is
 * made if it is missing and belongs to this process until `close`.
 * @throws TributaryError `STORAGE_LOCKED` naming the process that has it, or `STORAGE_UNAVAILABLE`.
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
      close,
    };
  } catch (error) {
    await close();
    throw fileError(error, folder);
  }
}

/**
 * Opens a store in a Postgres server, rows and bytes of checkpoints alike; brings its tables up to date.
 * @throws TributaryError `STORAGE_UNAVAILABLE`.
 */
export async function openPostgresStore(
  options: StorageDeps & {
    readonly url: string;
    /** After so long without an answer the database is taken to be away; half a minute unless set. */
    readonly queryTimeoutMs?: number;
  },
): Promise<Storage> {
  const { url, crypto, logger = silentLogger, queryTimeoutMs } = options;
  const onLost = (error: Error): void =>
    logger.warn("database connection lost", { reason: error.message });
  const opened = await openNodePostgres(url, onLost, queryTimeoutMs);
  const connection = await connect(opened);
  return {
    rounds: new PostgresRoundStore(connection, crypto),
    checkpoints: new ChunkedCheckpointStore(connection, crypto),
    access: new PostgresAccessStore(connection),
    close: () => connection.close(),
  };
}

async function connect(opened: OpenDatabase): Promise<DatabaseConnection> {
  try {
    await migrate(opened);
  } catch (error) {
    await opened.close();
    throw databaseError(error, opened.where);
  }
  return new DatabaseConnection(opened);
}
