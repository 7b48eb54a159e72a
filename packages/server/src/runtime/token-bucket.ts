import type { Clock } from "@tributary/protocol";

/**
 * Limits a rate. Each request takes a token, and tokens come back at a steady rate. A full bucket
 * allows a burst.
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAtMs: number;

  /**
   * @param capacity - Number of tokens in a full bucket; ≥ 1. The bucket is full at first.
   * @param perSecond - Number of tokens that come back each second; > 0.
   */
  constructor(clock: Clock, capacity: number, perSecond: number) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#tokens = capacity;
    this.#filledAtMs = clock.elapsedMs();
  }

  /** Takes a token. Returns false if there is no whole one. */
  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whether there is a whole token to take. */
  get hasToken(): boolean {
    this.#fill();
    return this.#tokens >= 1;
  }

  /** Puts a token back. */
  giveBack(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + 1);
  }

  /** Whether the bucket is full, so that a new bucket could take its place. */
  get isFull(): boolean {
    this.#fill();
    return this.#tokens >= this.#capacity;
  }

  #fill(): void {
    const nowMs = this.#clock.elapsedMs();
    const elapsedMs = nowMs - this.#filledAtMs;
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs * this.#perSecond) / 1_000);
  }
}
