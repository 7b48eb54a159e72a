import { asTributaryError, type TributaryError } from "@tributary/protocol";
import type { Logger } from "../../runtime/logger.ts";
import type { RoundRecord, RoundStore } from "../../storage/round-store.ts";

/**
 * Keeps the records of abandoned rounds until the store has taken them, so that an outage of the
 * store loses none.
 */
export class UnwrittenRounds {
  readonly #store: RoundStore;
  readonly #logger: Logger;
  #records: RoundRecord[] = [];

  constructor(store: RoundStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  add(record: RoundRecord): void {
    this.#records.push(record);
  }

  /**
   * Stores the records that are not stored yet.
   * @returns Why the store has not taken all of them; undefined when it has.
   */
  async write(): Promise<TributaryError | undefined> {
    for (const record of this.#records) {
      try {
        await this.#store.commit({ round: record });
      } catch (thrown) {
        const error = asTributaryError(thrown);
        this.#logger.warn("abandoned round not stored", { error, round: record.id });
        // Any other error will be the same the next time. Above all, the store may have committed
        // the round and lost only its answer.
        if (error.code === "STORAGE_UNAVAILABLE") return error;
      }
      this.#records = this.#records.filter((other) => other !== record);
    }
    return undefined;
  }
}
