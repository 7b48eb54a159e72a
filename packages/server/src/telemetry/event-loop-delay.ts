import type { Clock } from "@tributary/protocol";

/** The part of `monitorEventLoopDelay`'s histogram that is used. Times are nanoseconds. */
export interface DelayMonitor {
  readonly count: number;
  enable(): unknown;
  disable(): unknown;
  reset(): void;
  percentile(percent: number): number;
}

/** Milliseconds between two measurements of how late the event loop is. */
export const DELAY_RESOLUTION_MS = 10;
/** What is told is at least this old and at most twice as old, in milliseconds. */
const WINDOW_MS = 30_000;
/** Nanoseconds in a millisecond. */
const NANOSECONDS = 1e6;

/**
 * Tells how late the event loop was in the last 30 to 60 seconds. It forgets by a schedule of its
 * own, so that any number of readers see the same, however often they read.
 */
export class EventLoopDelay {
  /** Both record all the time; the one that is read was reset before the other. */
  #read: DelayMonitor;
  #next: DelayMonitor;
  readonly #clock: Clock;
  #cancelTimer: () => void = () => {};

  /** @param monitor - Makes a monitor that measures every `DELAY_RESOLUTION_MS`. */
  constructor(clock: Clock, monitor: () => DelayMonitor) {
    this.#clock = clock;
    this.#read = monitor();
    this.#next = monitor();
    this.#read.enable();
    this.#next.enable();
    this.#turn();
  }

  /**
   * Returns the delay that this fraction of all measurements did not exceed.
   * @param quantile - 0 to 1; 1 stands for the worst delay.
   * @returns Seconds; 0 before the first measurement.
   */
  quantile(quantile: number): number {
    if (this.#read.count === 0) return 0;
    // Node records the whole interval between two measurements. The part of it that was planned,
    // which is the resolution, is no delay.
    const intervalMs = this.#read.percentile(100 * quantile) / NANOSECONDS;
    return Math.max(0, intervalMs - DELAY_RESOLUTION_MS) / 1_000;
  }

  /** Stops measuring; idempotent. */
  close(): void {
    this.#cancelTimer();
    this.#read.disable();
    this.#next.disable();
  }

  #turn(): void {
    this.#cancelTimer = this.#clock.schedule(WINDOW_MS, () => {
      this.#read.reset();
      [this.#read, this.#next] = [this.#next, this.#read];
      this.#turn();
    });
  }
}
