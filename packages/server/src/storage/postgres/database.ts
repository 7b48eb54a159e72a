import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

/** What the two drivers have in common: all that the store uses. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** What a transaction takes, and the database too. */
export type Queries = Pick<Database, "select" | "insert" | "update" | "execute">;

/** A driver that has been opened. */
export interface OpenDatabase {
  readonly db: Database;
  /** Commits what `work` has done when it resolves and undoes it when it rejects. */
  readonly transaction: <Result>(work: (tx: Queries) => Promise<Result>) => Promise<Result>;
  /** Named in errors, without a password: "Postgres at db.example:5432/app". */
  readonly where: string;
  /** Called once, when nothing is under way. */
  readonly close: () => Promise<void>;
}
