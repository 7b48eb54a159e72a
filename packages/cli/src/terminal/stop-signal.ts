/** Milliseconds between two looks at the process that has started this one. */
const LOOK_EVERY_MS = 500;
/** Milliseconds in which npm passes on a signal that this process has had already. */
const PASSED_ON_WITHIN_MS = 500;

/**
 * Waits for the user or the system to stop the command.
 *
 * A command that a package manager has started (`npm run`, `npx`) also stops when the shell or the
 * npm that started it is gone: npm does not wait for the end of what its shell runs, and nobody
 * would find the command again.
 * @returns Resolves at the first SIGINT (Ctrl-C) or SIGTERM. A second signal ends the process at
 *   once.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const isOfNpm = process.env["npm_lifecycle_event"] !== undefined;
    let stoppedAtMs: number | undefined;
    const stop = (): void => {
      if (stoppedAtMs === undefined) {
        stoppedAtMs = performance.now();
        resolve();
        return;
      }
      // Ctrl-C reaches npm and this process, and npm passes it on: that is one signal.
      const isPassedOn = isOfNpm && performance.now() - stoppedAtMs < PASSED_ON_WITHIN_MS;
      if (!isPassedOn) process.exit(1);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    if (isOfNpm) whenOrphaned(() => stoppedAtMs === undefined && stop());
  });
}

/** Calls back once when the process that has started this one is gone. */
function whenOrphaned(callback: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, LOOK_EVERY_MS);
  timer.unref();
}
