/** Resolves when everything else that was ready has had its turn: how long work lets sockets and timers in between. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
