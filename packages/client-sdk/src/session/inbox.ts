import type { TributaryError } from "@tributary/protocol";
import { aborted } from "./abort.ts";

/**
 * A queue of messages that have come and have not been read, with one reader and a limited length.
 */
export class Inbox<Item> {
  readonly #capacity: number;
  readonly #items: Item[] = [];
  #ended: TributaryError | undefined;
  #reader: { resolve(item: Item): void; reject(error: TributaryError): void } | undefined;

  /** @param capacity - The number of items that may wait, ≥ 1. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /**
   * Adds an item. After `end`, items are dropped silently.
   * @returns False when the queue was full and the item was dropped.
   */
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

  /** Ends the queue. Items that wait can still be read; after them every read throws `error`. */
  end(error: TributaryError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#reader?.reject(error);
  }

  /**
   * Returns the next item, waiting for it if need be. There may be one read at a time.
   * @throws TributaryError `ABORTED` when `signal` is aborted first, in which case no item is
   *   taken; the error that ended the queue, once the queue is empty.
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
