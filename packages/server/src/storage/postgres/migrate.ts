// Brings the tables of a database up to date. drizzle-kit writes the migrations, and this file
// applies them. Drizzle's own migrator cannot be used for three reasons: it reads .sql files, which
// tsc does not copy, it takes no lock, and it needs rights even when there is nothing to do.
import { sql } from "drizzle-orm";
import { text } from "drizzle-orm/pg-core";
import { TributaryError } from "@tributary/protocol";
import type { OpenDatabase, Queries } from "./database.ts";
import type { Migration } from "./migration.ts";
import { MIGRATIONS } from "./migrations.generated.ts";
import { namespace } from "./namespace.ts";

/** This table is not in schema.ts because it must exist before the first migration. */
const applied = namespace.table("migrations", { name: text().primaryKey() });

/**
 * Names the lock among all advisory locks of a database: the first 6 bytes of SHA-256("tributary
 * migrations").
 */
const LOCK = 0x33_f4_ba_c7_a9_de;

/**
 * Applies the missing migrations in one transaction under an advisory lock. When several servers
 * start at once, one does the work and the others wait. The lock ends with the transaction, so it
 * works behind PgBouncer too.
 * @throws TributaryError `STORAGE_UNAVAILABLE` when a newer build has migrated the database. Errors
 * of the driver as they are.
 */
export async function migrate(
  { db, transaction }: OpenDatabase,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  // A role that may not create tables can serve a database that is up to date.
  if ((await missing(db, migrations)).length === 0) return;
  await transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${sql.raw(String(LOCK))})`);
    if (!(await exists(tx, sql`to_regnamespace('tributary')`))) {
      await tx.execute(sql`create schema tributary`);
    }
    if (!(await exists(tx, sql`to_regclass('tributary.migrations')`))) {
      await tx.execute(sql`create table tributary.migrations (name text primary key)`);
    }
    // Another server may have applied migrations before this one got the lock, so they are read
    // again.
    for (const { name, sql: text } of await missing(tx, migrations)) {
      for (const statement of text.split("--> statement-breakpoint")) {
        await tx.execute(sql.raw(statement));
      }
      await tx.insert(applied).values({ name });
    }
  });
}

/**
 * Returns the migrations that the database does not have yet.
 * @throws TributaryError `STORAGE_UNAVAILABLE` when the database has one that this build lacks.
 */
async function missing(
  db: Queries,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  if (!(await exists(db, sql`to_regclass('tributary.migrations')`))) return migrations;
  const done = new Set((await db.select().from(applied)).map(({ name }) => name));
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = [...done].find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new TributaryError(
      "STORAGE_UNAVAILABLE",
      `The database has been migrated by a newer version of the server (${unknown})`,
      { remedy: "Run that version, or give this one a database of its own." },
    );
  }
  return migrations.filter(({ name }) => !done.has(name));
}

async function exists(db: Queries, lookup: ReturnType<typeof sql>): Promise<boolean> {
  const found = await db
    .select({ name: sql<string | null>`${lookup}::text` })
    .from(sql`(select 1) as one`);
  return typeof found[0]?.name === "string";
}
