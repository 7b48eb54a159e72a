/** Gives the event loop a turn when enough work has been done since it last had one. */
export type EventLoopBreak = () => Promise<void> | undefined;

/** Work between two turns, milliseconds: a page that draws 60 frames a second drops none for longer. */
const WORK_MS = 12;

/**
 * Makes a function to call between pieces of work: it returns a promise to await when a turn is due, else nothing,
 * so that short pieces do not pay for a turn each. The turn is a macrotask: events, timers and frames get theirs.
 * @param now - Milliseconds; only decides when turns happen, never a result.
 */
export function eventLoopBreak(now: () => number = () => performance.now()): EventLoopBreak {
  let last = now();
  return () => {
    if (now() - last < WORK_MS) return undefined;
    return nextMacrotask().then(() => {
      last = now();
    });
  };
}

function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    // Not setTimeout: browsers stretch nested timeouts to 4 ms, and those of hidden pages to a second.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
