import type { TributaryError } from "@tributary/protocol";
import { aborted } from "../runtime/abort.ts";

/** What came and has not been looked at: a queue with one reader and a bound. */
export class Inbox<Item> {
  readonly #capacity: number;
  readonly #items: Item[] = [];
  #ended: TributaryError | undefined;
  #reader: { resolve(item: Item): void; reject(error: TributaryError): void } | undefined;

  /** @param capacity - Items that may wait; ≥ 1. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @returns Whether there was room; without it the item is dropped. */
  push(item: Item): boolean {
    if (this.#ended !== undefined) return true;
    if (this.#reader !== undefined) {
      this.#reader.resolve(item);
      return true;
    }
    if (this.#items.length >= this.#capacity) return false;
    this.#items.push(item);
    return true;
  }

  /** Nothing more comes. What waits can still be read; after it every read throws `error`. */
  end(error: TributaryError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#reader?.reject(error);
  }

  /**
   * The next item, when it comes. One read at a time.
   * @throws TributaryError `ABORTED` when `signal` is aborted first: nothing is then taken. The error that ended
   *   the inbox, once it is empty.
   */
  next(signal?: AbortSignal): Promise<Item> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(aborted());
        return;
      }
      if (this.#items.length > 0) {
        resolve(this.#items.shift() as Item);
        return;
      }
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      const done = (): void => {
        this.#reader = undefined;
        signal?.removeEventListener("abort", stop);
      };
      const stop = (): void => reader.reject(aborted());
      const reader = {
        resolve: (item: Item): void => {
          done();
          resolve(item);
        },
        reject: (error: TributaryError): void => {
          done();
          reject(error);
        },
      };
      this.#reader = reader;
      signal?.addEventListener("abort", stop, { once: true });
    });
  }
}
