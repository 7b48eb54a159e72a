/** What has happened and has not been looked at, the oldest first. One caller at a time waits for it. */
export class EventQueue<Event> {
  readonly #events: Event[] = [];
  #failure: Error | undefined;
  #wake: () => void = () => {};

  add(event: Event): void {
    this.#events.push(event);
    this.#wake();
  }

  /** Has `next` throw once it has given what came before; the first error counts. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /**
   * Takes the oldest event, or waits for one.
   * @throws The error that `fail` was called with; the reason of the signal.
   */
  async next(signal: AbortSignal): Promise<Event> {
    const stop = (): void => this.#wake();
    signal.addEventListener("abort", stop);
    try {
      for (;;) {
        signal.throwIfAborted();
        const event = this.#events.shift();
        if (event !== undefined) return event;
        if (this.#failure !== undefined) throw this.#failure;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}
