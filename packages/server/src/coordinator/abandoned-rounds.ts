import { asTributaryError } from "@tributary/protocol";
import type { RoundRecord, RoundStore } from "../storage/round-store.ts";
import type { Logger } from "../telemetry/logger.ts";

/** Records of abandoned rounds until the store has taken them: an outage loses none. */
export class AbandonedRounds {
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

  /** Writes down what is not yet; says whether the store has taken all. */
  async write(): Promise<boolean> {
    for (const record of this.#records) {
      try {
        await this.#store.commit({ round: record });
      } catch (thrown) {
        const error = asTributaryError(thrown);
        this.#logger.warn("abandoned round not stored", { error, round: record.id });
        // Anything else will not be better next time: above all a round that was committed, its answer lost.
        if (error.code === "STORAGE_UNAVAILABLE") return false;
      }
      this.#records = this.#records.filter((other) => other !== record);
    }
    return true;
  }
}
