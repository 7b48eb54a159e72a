/** Weight of the newest round in the mean of how long rounds take. */
const NEWEST_ROUND_WEIGHT = 0.3;

/** How long a task's rounds take, from a cohort's configuration to its commit. */
export class RoundTimes {
  readonly #longestMs: number;
  #meanMs: number;
  #hasMeasured = false;
  #cohortSinceMs = 0;

  /** @param longestMs - What a round may take, which stands for the mean until one has been measured. */
  constructor(longestMs: number) {
    this.#longestMs = longestMs;
    this.#meanMs = longestMs;
  }

  get meanMs(): number {
    return this.#meanMs;
  }

  /** When the round in flight may be expected to end. */
  get expectedEndMs(): number {
    return this.#cohortSinceMs + Math.min(this.#meanMs, this.#longestMs);
  }

  begin(nowMs: number): void {
    this.#cohortSinceMs = nowMs;
  }

  end(nowMs: number): void {
    const weight = this.#hasMeasured ? NEWEST_ROUND_WEIGHT : 1;
    this.#meanMs += weight * (nowMs - this.#cohortSinceMs - this.#meanMs);
    this.#hasMeasured = true;
  }
}
