/** The callers of `Socket.drained` that still wait: what the adapters of `Socket` share. */
export class DrainWaiters {
  readonly #waiting: { readonly limit: number; readonly resolve: () => void }[] = [];

  /**
   * Adds a caller.
   * @param limit - The number of queued bytes, ≥ 0, at which the promise resolves.
   */
  wait(limit: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ limit, resolve }));
  }

  /**
   * Resolves the callers whose limit is reached. To be called when bytes have left the queue, and when
   * the socket has ended.
   * @param queuedBytes - Bytes that are still queued; 0 once the socket has ended.
   */
  release(queuedBytes: number): void {
    for (const waiter of this.#waiting.splice(0)) {
      if (queuedBytes <= waiter.limit) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }
}
