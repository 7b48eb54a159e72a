import { TributaryError } from "@tributary/protocol";
import { databaseError } from "./database-error.ts";
import type { OpenDatabase } from "./database.ts";

/** Runs queries, turns their errors into ours, and closes when the last one has ended. */
export class DatabaseConnection {
  readonly #open: OpenDatabase;
  readonly #underWay: Set<Promise<unknown>> = new Set();
  #closing: Promise<void> | undefined;

  constructor(open: OpenDatabase) {
    this.#open = open;
  }

  /**
   * @throws TributaryError `STORAGE_UNAVAILABLE` for whatever the driver throws; ours pass through.
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

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.allSettled(this.#underWay);
      await this.#open.close();
    })();
    return this.#closing;
  }
}
