import { asTributaryError, type TributaryError } from "@tributary/protocol";
import type { Logger } from "../../runtime/logger.ts";
import type { RoundRecord, RoundStore } from "../../storage/round-store.ts";
import { extendRun } from "../round/round-records.ts";

/**
 * Stores the records of a task's abandoned rounds. Attempts at one round that end the same way and
 * without reports share one record, so that clients which make rounds fail cannot make the task's
 * history long. Records wait here until the store has taken them, so that an outage of the store
 * loses none.
 */
export class AbandonedRounds {
  readonly #store: RoundStore;
  readonly #logger: Logger;
  /** The records that further attempts may still share, by what they have in common. */
  readonly #runs: Map<string, RoundRecord> = new Map();
  #unwritten: RoundRecord[] = [];

  constructor(store: RoundStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  add(attempt: RoundRecord): void {
    const { kind, number, baseCheckpoint, reason, reported } = attempt;
    let record = attempt;
    if (reported === 0) {
      const key = `${kind} ${number} ${baseCheckpoint} ${reason}`;
      const run = this.#runs.get(key);
      if (run !== undefined) record = extendRun(run, attempt);
      this.#runs.set(key, record);
    }
    this.#unwritten = this.#unwritten.filter(({ id }) => id !== record.id);
    this.#unwritten.push(record);
  }

  /** Call when a round has been committed. Later attempts are at another round. */
  committed(): void {
    this.#runs.clear();
  }

  /**
   * Stores the records that are not stored yet.
   * @returns Why the store has not taken all of them; undefined when it has.
   */
  async write(): Promise<TributaryError | undefined> {
    for (const record of this.#unwritten) {
      try {
        await this.#store.commit({ round: record });
      } catch (thrown) {
        const error = asTributaryError(thrown);
        this.#logger.warn("abandoned round not stored", { error, round: record.id });
        // Any other error will be the same the next time. Above all, the store may have committed
        // the round and lost only its answer.
        if (error.code === "STORAGE_UNAVAILABLE") return error;
      }
      this.#unwritten = this.#unwritten.filter((other) => other !== record);
    }
    return undefined;
  }
}
