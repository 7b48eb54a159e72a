import type { Clock } from "../runtime/clock.ts";

/** After a failure that is not the clients' doing, wait before the next attempt: twice as long after each further one. */
const FAILURE_PAUSE_MS = 1_000;
/** Even after hours without the store a task goes on within this time of its return. */
const MAX_FAILURE_PAUSE_MS = 60_000;

/** When a task tries its next round, while it does not at once: after a failure, or when its schedule says so. */
export class NextAttempt {
  readonly #clock: Clock;
  /** Failures since the last round that was committed. */
  #failures = 0;
  #atMs: number | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** When it is due; `undefined` when nothing is waited for. */
  get atMs(): number | undefined {
    return this.#atMs;
  }

  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** Counts a failure: a store that is coming up is left in peace, longer after each further one. */
  pause(): void {
    const pauseMs = Math.min(MAX_FAILURE_PAUSE_MS, FAILURE_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#atMs = this.#clock.now() + pauseMs;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** Calls `attempt` at `atMs`; without one, when the pause is over. */
  schedule(attempt: () => void, atMs: number = this.#atMs ?? this.#clock.now()): void {
    this.#cancelTimer?.();
    this.#atMs = atMs;
    this.#cancelTimer = this.#clock.schedule(atMs - this.#clock.now(), attempt);
  }

  /** Nothing is waited for any more. */
  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#atMs = undefined;
  }
}
