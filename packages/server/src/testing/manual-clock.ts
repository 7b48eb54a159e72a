import type { Clock } from "../runtime/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** The largest number of timers that one call of `advance` may run. No test comes near it. */
const MAX_CALLS = 100_000;

/** A `Clock` whose time stands still until it is moved by hand. */
export class ManualClock implements Clock {
  /** The timers that wait, in the order in which they were scheduled. */
  readonly #timers: Set<Timer> = new Set();
  #nowMs: number;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Number of timers that wait. */
  get pendingCount(): number {
    return this.#timers.size;
  }

  /**
   * Moves time on by `ms` milliseconds. Each timer that falls due is called at its own time, and so
   * are the timers that it schedules.
   * @throws Error when callbacks schedule each other without delay, so that this would never end.
   */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    let calls = 0;
    for (let timer = this.#next(endMs); timer !== undefined; timer = this.#next(endMs)) {
      if (++calls > MAX_CALLS) throw new Error(`The clock stands still at ${this.#nowMs} ms`);
      this.#timers.delete(timer);
      this.#nowMs = timer.dueMs;
      timer.callback();
    }
    this.#nowMs = endMs;
  }

  /**
   * Returns the timer that is due first, at `byMs` or before. Of two that are due at the same time,
   * it is the one that was scheduled first.
   */
  #next(byMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= byMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}
