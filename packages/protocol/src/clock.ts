/**
 * Time, injected, so that tests can hold it and simulations need not wait. Servers and clients each
 * have a `systemClock`; `ManualClock` of `@tributary/protocol/testing` is the adapter for tests.
 */
export interface Clock {
  /**
   * Milliseconds since the Unix epoch, for records and schedules. It jumps forwards or back when the
   * system's clock is set.
   */
  now(): number;
  /**
   * Milliseconds since some fixed moment, for durations and waits. It never goes back, and only the
   * difference of two readings means anything.
   */
  elapsedMs(): number;
  /**
   * Calls `callback` once, when `delayMs` have passed, and never before `schedule` has returned.
   * System timers count whole milliseconds, so the call may come up to one millisecond early.
   * Whether a pending call keeps the process alive is for the adapter to say.
   * @param delayMs - A negative delay counts as 0. A delay above `LONGEST_DELAY_MS` is shortened to
   *   it, so a caller that has to wait longer schedules again.
   * @returns A function that cancels the call. It does nothing once the call has been made.
   */
  schedule(delayMs: number, callback: () => void): () => void;
}

/**
 * The longest delay of `Clock.schedule`, milliseconds, about 25 days. The `setTimeout` of browsers
 * and of Node keeps its delay in a signed 32-bit number, and calls at once when it is asked for more.
 */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;
