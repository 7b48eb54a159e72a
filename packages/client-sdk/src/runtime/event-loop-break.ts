/** Lets other work of the thread run when enough time has passed since it last could. */
export type EventLoopBreak = () => Promise<void> | undefined;

/** The longest work between two breaks, milliseconds. A frame at 60 frames a second has 16.7 ms. */
const WORK_MS = 12;

/**
 * Makes a function that is called between pieces of work. It returns a promise to await when a
 * break is due, and otherwise undefined, so that short pieces of work do not each pay for a break.
 * In a page that is shown, a break lasts until the next frame has been drawn: Firefox lets several
 * macrotasks go before it draws. Elsewhere it lasts one macrotask, in which events and timers are
 * handled.
 * @param now - The time in milliseconds. It only decides when breaks happen, and never influences a
 *   result.
 */
export function eventLoopBreak(now: () => number = () => performance.now()): EventLoopBreak {
  let last = now();
  return () => {
    if (now() - last < WORK_MS) return undefined;
    return (isShown() ? nextFrame() : nextMacrotask()).then(() => {
      last = now();
    });
  };
}

/** Whether this is the thread of a page that can be seen. Other pages draw no frames. */
const isShown = (): boolean =>
  typeof document === "object" &&
  typeof requestAnimationFrame === "function" &&
  document.visibilityState === "visible";

/** The longest wait for a frame, milliseconds: a page may be covered, or draw slowly. */
const LONGEST_FRAME_MS = 40;

/** Resolves once the next frame has been drawn, or has not come in time. */
async function nextFrame(): Promise<void> {
  await new Promise<void>((resolve) => {
    const frame = requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
    const timer = setTimeout(() => {
      cancelAnimationFrame(frame);
      resolve();
    }, LONGEST_FRAME_MS);
  });
  // What was asked for a frame runs before it is drawn.
  await nextMacrotask();
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
