import { mkdir } from "node:fs/promises";
import { PGlite } from "@electric-sql/pglite";
import { migrate } from "../src/storage/postgres/migrate.ts";
import type { Migration } from "../src/storage/postgres/migration.ts";
import { openPglite } from "../src/storage/postgres/pglite.ts";

/** What differs between two databases that were made alike: the identifier, and the log that bears it. */
export const UNIQUE = ["global/pg_control", "pg_wal/"];

/**
 * Makes an empty database with PGlite's `initdb`. Its log is in segments of one megabyte, so that
 * it stays small.
 * @param folder - Does not exist.
 * @param migrations - Are applied.
 */
export async function makeEmptyDatabase(
  folder: string,
  migrations: readonly Migration[],
): Promise<void> {
  await mkdir(folder);
  const made = await PGlite.create({
    dataDir: folder,
    initDbStartParams: ["--wal-segsize=1"],
    startParams: [...PGlite.defaultStartParams, "-c", "min_wal_size=2MB"],
  });
  await made.close();
  const opened = await openPglite(folder);
  await migrate(opened, migrations);
  await opened.close();
}
