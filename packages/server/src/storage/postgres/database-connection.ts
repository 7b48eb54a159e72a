import { TributaryError } from "@tributary/protocol";
import { databaseError } from "./database-error.ts";
import type { OpenDatabase } from "./database.ts";

/** Runs queries, turns their errors into `TributaryError`s, and closes after the last one. */
export class DatabaseConnection {
  readonly #open: OpenDatabase;
  readonly #underWay: Set<Promise<unknown>> = new Set();
  #closing: Promise<void> | undefined;

  constructor(open: OpenDatabase) {
    this.#open = open;
  }

  /**
   * Runs queries.
   * @throws TributaryError `STORAGE_UNAVAILABLE` for every error of the driver, and the errors that
   *   `work` throws itself.
   */
  async run<Result>(work: (database: OpenDatabase) => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) {
      throw new TributaryError("STORAGE_UNAVAILABLE", `${this.#open.where} is closed`, {
        remedy: "Open the store again.",
      });
    }
    const running = work(this.#open);
    this.#underWay.add(running);
    try {
      return await running;
    } catch (error) {
      throw databaseError(error, this.#open.where);
    } finally {
      this.#underWay.delete(running);
    }
  }

  /** Waits for the queries that are under way, then closes the database. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.allSettled(this.#underWay);
      await this.#open.close();
    })();
    return this.#closing;
  }
}
