/**
 * Loads a value when it is first asked for, and keeps it. A failure is not kept: the next call
 * tries again, since what could not be loaded now (a file, a key store) may be there later.
 */
export class LoadOnce<T> {
  readonly #load: () => Promise<T>;
  #loading: Promise<T> | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** Returns the value. Calls that come while it is being loaded share one attempt. */
  get(): Promise<T> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  /** Returns the value if it is there or on its way, and forgets it. Loads nothing. */
  take(): Promise<T> | undefined {
    const loading = this.#loading;
    this.#loading = undefined;
    return loading;
  }
}
