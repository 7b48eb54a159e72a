import { LONGEST_DELAY_MS, type Clock } from "@tributary/protocol";

/**
 * The `Clock` of this machine, for servers. Its pending calls do not keep the process alive: a
 * server lives as long as its sockets.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsedMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
