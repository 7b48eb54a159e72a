/** The first pause after a failure. Each further failure in a row doubles it. */
const FIRST_PAUSE_MS = 1_000;
/** Even after hours without the store a task goes on within this time of the store's return. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * How long a task waits after a failure that is not its clients' doing, so that a store that is
 * coming up is left in peace.
 */
export class FailurePauses {
  /** Failures since the last success. */
  #failures = 0;

  /** Counts a failure. @returns How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    return pauseMs;
  }

  /** Something has succeeded: the next pause is the first one again. */
  reset(): void {
    this.#failures = 0;
  }
}
