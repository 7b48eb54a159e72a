/**
 * Waits for one turn of the event loop. Long work awaits this, so that sockets and timers that are
 * ready are served in between.
 */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
