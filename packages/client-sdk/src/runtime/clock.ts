import { aborted } from "./abort.ts";

/** Time, injected so that tests hold it and simulations run without waiting. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. Only differences mean anything. */
  now(): number;
  /**
   * Waits.
   * @param ms - Milliseconds, ≥ 0.
   * @throws TributaryError `ABORTED` as soon as `signal` is aborted; the timer is then gone.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** setTimeout fires at once when it is asked for more, so longer waits are made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of the platform. */
export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    for (let left = ms; left > 0 || left === ms; left -= LONGEST_TIMER_MS) {
      await timer(Math.min(Math.max(0, left), LONGEST_TIMER_MS), signal);
    }
  },
};

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(aborted());
      return;
    }
    const stop = (): void => {
      clearTimeout(handle);
      reject(aborted());
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
