import { LONGEST_DELAY_MS, type Clock } from "@tributary/protocol";

/**
 * The `Clock` of this machine, for clients in browsers and in Node. In Node its pending calls keep
 * the process alive: a client that waits before it connects again has nothing else that does.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsedMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
