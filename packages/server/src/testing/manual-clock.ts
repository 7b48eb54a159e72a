import type { Clock } from "../runtime/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** More timers than any test lets fall due at once. */
const MAX_CALLS = 100_000;

/** A `Clock` whose time stands still until it is moved by hand. */
export class ManualClock implements Clock {
  /** In the order in which they were scheduled. */
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

  /** Timers that are waiting. */
  get pendingCount(): number {
    return this.#timers.size;
  }

  /**
   * Moves time on by `ms` and calls what falls due on the way, each at its own time, also what that
   * schedules.
   * @throws Error when that never ends: callbacks that schedule each other without delay.
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

  /** The timer due first, at `byMs` or before; of two due together, the one scheduled first. */
  #next(byMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= byMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}
