/** The weight of the newest round in the mean duration. */
const NEWEST_ROUND_WEIGHT = 0.3;

/**
 * How long a task's rounds take, from the selection of the cohort to the commit. Times are those of
 * the monotonic clock.
 */
export class RoundTimes {
  readonly #longestMs: number;
  #meanMs: number;
  #hasMeasured = false;
  #cohortSinceMs = 0;

  /** @param longestMs - The longest that a round may take. It stands for the mean at first. */
  constructor(longestMs: number) {
    this.#longestMs = longestMs;
    this.#meanMs = longestMs;
  }

  /** The mean duration, in which newer rounds weigh more. */
  get meanMs(): number {
    return this.#meanMs;
  }

  /** When the round in flight may be expected to end. */
  get expectedEndMs(): number {
    return this.#cohortSinceMs + Math.min(this.#meanMs, this.#longestMs);
  }

  /** Call when a round has its cohort. */
  begin(nowMs: number): void {
    this.#cohortSinceMs = nowMs;
  }

  /** Call when that round has been committed. */
  end(nowMs: number): void {
    const weight = this.#hasMeasured ? NEWEST_ROUND_WEIGHT : 1;
    this.#meanMs += weight * (nowMs - this.#cohortSinceMs - this.#meanMs);
    this.#hasMeasured = true;
  }
}
