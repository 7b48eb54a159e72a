/** The pause after a first failure, in milliseconds. Each further failure in a row doubles it. */
const FIRST_PAUSE_MS = 1_000;
/** The longest pause, in milliseconds, so that a task soon goes on when the store is back. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Chooses how long a task waits after a failure that its clients have not caused, so that a store
 * that is starting is not flooded with requests.
 */
export class FailurePauses {
  /** Number of failures since the last success. */
  #failures = 0;

  /** Counts a failure. @returns How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    return pauseMs;
  }

  /** Call after a success. The next pause is then the shortest one again. */
  reset(): void {
    this.#failures = 0;
  }
}
