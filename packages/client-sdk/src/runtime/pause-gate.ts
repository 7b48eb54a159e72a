import { abortable } from "./abort.ts";

/** Holds work while it is closed. It is open at first. */
export class PauseGate {
  #opened: Promise<void> | undefined;
  #open: () => void = () => {};

  get isClosed(): boolean {
    return this.#opened !== undefined;
  }

  /** Idempotent. */
  close(): void {
    this.#opened ??= new Promise((resolve) => (this.#open = resolve));
  }

  /** Lets all go on that wait. Idempotent. */
  open(): void {
    this.#opened = undefined;
    this.#open();
  }

  /**
   * @returns A promise to await before going on, while the gate is closed; otherwise undefined.
   * @throws TributaryError `ABORTED`, with which the promise rejects as soon as `signal` is aborted.
   */
  hold(signal: AbortSignal): Promise<void> | undefined {
    return this.#opened === undefined ? undefined : this.#wait(signal);
  }

  async #wait(signal: AbortSignal): Promise<void> {
    // It may have been closed again meanwhile.
    while (this.#opened !== undefined) await abortable(this.#opened, signal);
  }
}
