/** Lets other work of the thread run when enough time has passed since it last could. */
export type EventLoopBreak = () => Promise<void> | undefined;

/** The longest work between two breaks, milliseconds. A frame at 60 frames a second has 16.7 ms. */
const WORK_MS = 12;

/**
 * Makes a function that is called between pieces of work. It returns a promise to await when a
 * break is due, and otherwise undefined, so that short pieces of work do not each pay for a break.
 * A break lasts one macrotask, so that events, timers and frames are handled in it.
 * @param now - The time in milliseconds. It only decides when breaks happen, and never influences a
 *   result.
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

/** Resolves in the next macrotask: what has come and what has been sent are handled before. */
export function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    // setTimeout is not used, because browsers delay nested timeouts by 4 ms, and those of hidden
    // pages by a second.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
