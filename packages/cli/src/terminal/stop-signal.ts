/**
 * Waits for the user or the system to stop the command.
 * @returns Resolves at the first SIGINT (Ctrl-C) or SIGTERM. A second signal ends the process at
 *   once.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (): void => {
      if (stopping) process.exit(1);
      stopping = true;
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}
