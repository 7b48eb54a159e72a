import { LONGEST_DELAY_MS, type Clock } from "@tributary/protocol";
import { aborted } from "./abort.ts";

/**
 * Waits until `ms` milliseconds of the clock have passed. `Clock.schedule` has a longest delay, so a
 * longer wait is made of several.
 * @param ms - A negative time counts as 0.
 * @throws TributaryError `ABORTED` as soon as `signal` is aborted. Nothing is scheduled any more
 *   then.
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(aborted());
      return;
    }
    let leftMs = Math.max(0, ms);
    let cancel = (): void => {};
    const stop = (): void => {
      cancel();
      reject(aborted());
    };
    const wake = (): void => {
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const wait = (): void => {
      const delayMs = Math.min(leftMs, LONGEST_DELAY_MS);
      leftMs -= delayMs;
      cancel = clock.schedule(delayMs, leftMs > 0 ? wait : wake);
    };
    signal?.addEventListener("abort", stop, { once: true });
    wait();
  });
}
