import { LONGEST_DELAY_MS, type Clock } from "../clock.ts";
import { TributaryError } from "../errors.ts";

/** A call that is still to be made. */
interface PendingCall {
  /** A reading of `elapsedMs`. */
  readonly dueMs: number;
  readonly callback: () => void;
}

/** More calls than any test makes in one `advance`. */
const MAX_CALLS = 100_000;

/** A `Clock` that stands still until `advance` moves it. */
export class ManualClock implements Clock {
  #startMs: number;
  #elapsedMs = 0;
  /** In the order in which they were scheduled. */
  readonly #pending: Set<PendingCall> = new Set();
  /** Calls of `untilPending` that wait for the next call of `schedule`. */
  #watchers: (() => void)[] = [];

  /** @param startMs - The first reading of `now()`. The first one of `elapsedMs()` is always 0. */
  constructor(startMs = 0) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  /** Sets the wall clock forwards or, with a negative number, back. No time passes. */
  step(byMs: number): void {
    this.#startMs += byMs;
  }

  elapsedMs(): number {
    return this.#elapsedMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const waitMs = Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS);
    const call: PendingCall = { dueMs: this.#elapsedMs + waitMs, callback };
    this.#pending.add(call);
    for (const watch of this.#watchers.splice(0)) watch();
    return () => this.#pending.delete(call);
  }

  /** The number of calls that were scheduled and are neither made nor cancelled. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** How long it is until each pending call, milliseconds, shortest first. */
  get pendingDelaysMs(): readonly number[] {
    return [...this.#pending].map(({ dueMs }) => dueMs - this.#elapsedMs).sort((a, b) => a - b);
  }

  /** Resolves as soon as a call is pending that is due in exactly `delayMs` from now. */
  async untilPending(delayMs: number): Promise<void> {
    while (!this.pendingDelaysMs.includes(delayMs)) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  /**
   * Moves the time on by `ms` milliseconds and makes the calls that fall due on the way, each at its
   * own time, including those that earlier ones schedule. Of calls that are due together, the one
   * that was scheduled first comes first.
   * @throws TributaryError `INTERNAL` when callbacks schedule each other without delay, so that this
   *   would never end.
   */
  advance(ms: number): void {
    const endMs = this.#elapsedMs + ms;
    let calls = 0;
    for (let call = this.#next(endMs); call !== undefined; call = this.#next(endMs)) {
      if (++calls > MAX_CALLS) {
        throw new TributaryError("INTERNAL", `Scheduled calls never end at ${call.dueMs} ms`, {
          remedy: "Look for a callback that schedules itself again without a delay.",
        });
      }
      this.#pending.delete(call);
      this.#elapsedMs = call.dueMs;
      call.callback();
    }
    this.#elapsedMs = endMs;
  }

  /** The pending call that is due first, if that is at `byMs` or before. */
  #next(byMs: number): PendingCall | undefined {
    let next: PendingCall | undefined;
    for (const call of this.#pending) {
      if (call.dueMs <= byMs && (next === undefined || call.dueMs < next.dueMs)) next = call;
    }
    return next;
  }
}
