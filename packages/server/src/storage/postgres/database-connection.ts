import { TributaryError } from "@tributary/protocol";
import { databaseError } from "./database-error.ts";
import type { OpenDatabase, Queries, Reads } from "./database.ts";
import { requireEpoch } from "./fence.ts";

/** What a store does with the database. All writes go through a transaction, which is fenced. */
export interface DatabaseAccess extends Pick<OpenDatabase, "transaction"> {
  readonly db: Reads;
}

/**
 * Runs queries, turns their errors into `TributaryError`s, and closes after the last one. Once it
 * is fenced, each transaction checks that the lease has not changed hands.
 */
export class DatabaseConnection {
  readonly #open: OpenDatabase;
  readonly #access: DatabaseAccess;
  readonly #underWay: Set<Promise<unknown>> = new Set();
  /** Fails each call that is under way. */
  readonly #waiting: Set<(error: TributaryError) => void> = new Set();
  #epoch: number | undefined;
  #blocked: TributaryError | undefined;
  #closing: Promise<void> | undefined;

  constructor(open: OpenDatabase) {
    this.#open = open;
    this.#access = {
      db: open.db,
      transaction: (work) =>
        open.transaction(async (tx) => {
          if (this.#epoch !== undefined) await requireEpoch(tx, this.#epoch);
          return work(tx);
        }),
    };
  }

  /** From now on, every transaction checks that the lease has this epoch. */
  fence(epoch: number): void {
    this.#epoch = epoch;
  }

  /**
   * Makes every call fail from now on, and those under way at once, until this is called with
   * `undefined`.
   */
  block(error: TributaryError | undefined): void {
    this.#blocked = error;
    if (error === undefined) return;
    for (const fail of this.#waiting) fail(error);
  }

  /**
   * Runs queries.
   * @throws TributaryError `STORAGE_UNAVAILABLE` for every error of the driver; `LEASE_LOST`; and
   *   the errors that `work` throws itself.
   */
  async run<Result>(work: (database: DatabaseAccess) => Promise<Result>): Promise<Result> {
    if (this.#blocked !== undefined) throw this.#blocked;
    if (this.#closing !== undefined) {
      throw new TributaryError("STORAGE_UNAVAILABLE", `${this.#open.where} is closed`, {
        remedy: "Open the store again.",
      });
    }
    const running = work(this.#access);
    this.#underWay.add(running);
    try {
      return await this.#unlessBlocked(running);
    } catch (error) {
      throw databaseError(error, this.#open.where);
    } finally {
      this.#underWay.delete(running);
    }
  }

  /**
   * Writes in one transaction.
   * @throws TributaryError the errors of `run`.
   */
  write<Result>(work: (tx: Queries) => Promise<Result>): Promise<Result> {
    return this.run(({ transaction }) => transaction(work));
  }

  /** Waits for the queries that are under way, then closes the database. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.allSettled(this.#underWay);
      await this.#open.close();
    })();
    return this.#closing;
  }

  #unlessBlocked<Result>(running: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      running.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }
}
