import { TributaryError } from "@tributary/protocol";
import { databaseError } from "./database-error.ts";
import type { Database } from "./database.ts";

/** A driver that has been opened: the database, and how to let go of it. */
export interface OpenDatabase {
  readonly db: Database;
  /** Named in errors, without a password: "Postgres at db.example:5432/app". */
  readonly where: string;
  /** Called once, when nothing is under way. */
  readonly close: () => Promise<void>;
}

/** Runs queries, turns their errors into ours, and closes when the last one has ended. */
export class DatabaseConnection {
  readonly #open: OpenDatabase;
  readonly #underWay: Set<Promise<unknown>> = new Set();
  #closing: Promise<void> | undefined;

  constructor(open: OpenDatabase) {
    this.#open = open;
  }

  /** @throws TributaryError `STORAGE_UNAVAILABLE` for whatever the driver throws; ours pass through. */
  async run<Result>(work: (db: Database) => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) {
      throw new TributaryError("STORAGE_UNAVAILABLE", `${this.#open.where} is closed`, {
        remedy: "Open the store again.",
      });
    }
    const running = work(this.#open.db);
    this.#underWay.add(running);
    try {
      return await running;
    } catch (error) {
      throw databaseError(error, this.#open.where);
    } finally {
      this.#underWay.delete(running);
    }
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.allSettled(this.#underWay);
      await this.#open.close();
    })();
    return this.#closing;
  }
}
