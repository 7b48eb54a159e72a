import { TributaryError } from "@tributary/protocol";

/** The error of a call that was stopped by its `AbortSignal`. */
export function aborted(): TributaryError {
  return new TributaryError("ABORTED", "The app stopped this operation");
}

/** @throws TributaryError `ABORTED` when the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted();
}

/**
 * Settles as `promise` does, or rejects with `ABORTED` as soon as `signal` is aborted. What
 * `promise` does after that has no effect: a later rejection is caught and dropped.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(aborted());
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** An `AbortController` that is also aborted when one of its parents is. */
export class LinkedAbort {
  readonly #controller = new AbortController();
  readonly #parents: readonly AbortSignal[];

  constructor(...parents: readonly (AbortSignal | undefined)[]) {
    this.#parents = parents.filter((parent) => parent !== undefined);
    for (const parent of this.#parents) {
      if (parent.aborted) this.abort();
      else parent.addEventListener("abort", this.abort, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts this signal; the parents are not affected. */
  readonly abort = (): void => {
    this.unlink();
    this.#controller.abort();
  };

  /**
   * Stops listening to the parents. To be called when the work is over: a parent may live much
   * longer and would keep this object in memory.
   */
  unlink(): void {
    for (const parent of this.#parents) parent.removeEventListener("abort", this.abort);
  }
}
