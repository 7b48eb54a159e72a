import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

/** What the two drivers have in common: all that the store uses. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** A transaction takes every query that the database takes. */
export type Queries = Pick<Database, "select" | "insert" | "update">;
