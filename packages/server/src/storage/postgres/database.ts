import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

/** The part that both drivers have in common. The stores use nothing else. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** The queries that can run in a transaction as well as outside of one. */
export type Queries = Pick<Database, "select" | "insert" | "update" | "delete" | "execute">;

/** The queries that change nothing. */
export type Reads = Pick<Database, "select" | "$count">;

/** A driver that has been opened. */
export interface OpenDatabase {
  readonly db: Database;
  /** Runs `work` in a transaction, which is undone when `work` rejects and committed otherwise. */
  readonly transaction: <Result>(work: (tx: Queries) => Promise<Result>) => Promise<Result>;
  /** The database's name in errors, without a password: "Postgres at db.example:5432/app". */
  readonly where: string;
  /** Closes the database. Called once, when no query is under way. */
  readonly close: () => Promise<void>;
}
