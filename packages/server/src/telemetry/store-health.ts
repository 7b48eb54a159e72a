import { TributaryError, asTributaryError, clauseOf, type Clock } from "@tributary/protocol";
import { answerWithin } from "../storage/answer-within.ts";
import type { Storage, StorageUsage } from "../storage/storage.ts";

/** How long a store may take to answer before it counts as away, in milliseconds. */
const ANSWER_WITHIN_MS = 5_000;
/** The least time between two probes that write, in milliseconds, however many readers ask. */
const WRITE_EVERY_MS = 10_000;
/** The least time between two looks at how full the store is, in milliseconds. */
const USAGE_EVERY_MS = 60_000;

/** Something that is asked of the store at most so often, and is shared by all who ask. */
interface Shared<Result> {
  readonly atMs: number;
  readonly answer: Promise<Result>;
}

/**
 * Tells whether the store works, for probes and metrics. The store is asked only when somebody asks
 * here. Anyone may ask as often as they like: probes that write are bounded in their rate, and
 * every answer in its time.
 */
export class StoreHealth {
  readonly #storage: Storage;
  readonly #clock: Clock;
  #write: Shared<void> | undefined;
  #usage: Shared<StorageUsage> | undefined;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  /**
   * Resolves when the store answers and takes what is written to it.
   * @throws TributaryError `STORAGE_UNAVAILABLE`, whose context names the `check` that has failed:
   *   `read`, `write-database` or `write-checkpoints`.
   */
  async check(): Promise<void> {
    await this.#run("read", this.#storage.rounds.ping());
    this.#write = this.#shared(this.#write, WRITE_EVERY_MS, () => this.#probeWrites());
    await this.#write.answer;
  }

  /**
   * How much room the store takes, as of the last minute.
   * @throws TributaryError `STORAGE_UNAVAILABLE`.
   */
  async usage(): Promise<StorageUsage> {
    this.#usage = this.#shared(this.#usage, USAGE_EVERY_MS, () =>
      this.#run("usage", this.#storage.usage()),
    );
    return this.#usage.answer;
  }

  async #probeWrites(): Promise<void> {
    const { rounds, checkpoints } = this.#storage;
    await this.#run("write-database", rounds.probeWrite());
    await this.#run("write-checkpoints", checkpoints.probeWrite());
  }

  /** Asks again when the last answer is too old, and otherwise shares it. */
  #shared<Result>(
    last: Shared<Result> | undefined,
    everyMs: number,
    ask: () => Promise<Result>,
  ): Shared<Result> {
    const atMs = this.#clock.elapsedMs();
    if (last !== undefined && atMs - last.atMs < everyMs) return last;
    const answer = ask();
    // An answer that nobody waits for any more must not end the process.
    answer.catch(() => {});
    return { atMs, answer };
  }

  /** Waits for an answer of the store, and names the check that has failed. */
  async #run<Result>(check: string, asked: Promise<Result>): Promise<Result> {
    try {
      return await answerWithin(asked, { clock: this.#clock, timeoutMs: ANSWER_WITHIN_MS });
    } catch (thrown) {
      const error = asTributaryError(thrown, "STORAGE_UNAVAILABLE");
      throw new TributaryError(error.code, clauseOf(error), {
        ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
        context: { ...error.context, check },
        cause: error,
      });
    }
  }
}
