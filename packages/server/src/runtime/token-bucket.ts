import type { Clock } from "@tributary/protocol";

/** Lets through a burst, and after that a steady rate. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAtMs: number;

  /**
   * @param capacity - Tokens of a full bucket, which it is at first; ≥ 1.
   * @param perSecond - Tokens that come back each second; > 0.
   */
  constructor(clock: Clock, capacity: number, perSecond: number) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#tokens = capacity;
    this.#filledAtMs = clock.now();
  }

  /** Takes a token if there is a whole one. */
  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Puts a token back. */
  giveBack(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + 1);
  }

  /** Whether forgetting the bucket would change nothing. */
  get isFull(): boolean {
    this.#fill();
    return this.#tokens >= this.#capacity;
  }

  #fill(): void {
    const nowMs = this.#clock.now();
    // A clock that was set back gives nothing and takes nothing.
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs * this.#perSecond) / 1_000);
  }
}
