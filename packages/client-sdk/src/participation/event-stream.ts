import { aborted, LinkedAbort } from "../runtime/abort.ts";
import type { ParticipationEvent } from "./participation-event.ts";

/** Receives the events of a client that takes part. */
export interface EventSink {
  /** Adds an event. It never blocks and never throws. */
  push(event: ParticipationEvent): void;
  /**
   * Waits until fewer than `UNREAD_EVENTS` events are unread. The client asks before each
   * connection and each check-in. One attempt makes about a dozen events at most, so the memory
   * that a reader who stopped reading can cost is bounded.
   * @throws TributaryError `ABORTED` when `signal` is aborted.
   */
  room(signal: AbortSignal): Promise<void>;
}

/** The number of unread events from which on the client waits for its reader. */
const UNREAD_EVENTS = 32;

/** Events that tell how far something has come: of several unread ones in a row the latest will do. */
const PROGRESS: ReadonlySet<ParticipationEvent["type"]> = new Set([
  "training",
  "downloading",
  "uploading",
]);

/** One answer of the iterator: an event, or the end. */
type Step = IteratorResult<ParticipationEvent, undefined>;

/**
 * The async iterator that `participate()` returns: it gives the events of work that runs beside it.
 * The work begins with the first `next`. It ends by itself, with `return` (which `break` calls), or
 * when one of the signals is aborted. In each case the iterator ends only after the work has
 * released everything it held. Several pending `next` calls are served in order.
 */
export class EventStream
  implements AsyncIterableIterator<ParticipationEvent, undefined, undefined>, EventSink
{
  readonly #work: (events: EventSink, signal: AbortSignal) => Promise<void>;
  readonly #signals: readonly (AbortSignal | undefined)[];
  #stop: LinkedAbort | undefined;
  readonly #unread: ParticipationEvent[] = [];
  // The `next` calls that still wait for an event, oldest first.
  readonly #readers: { resolve(step: Step): void; reject(error: unknown): void }[] = [];
  // Resolves the promises that `room` has returned.
  readonly #waitingForRoom: (() => void)[] = [];
  #running: Promise<void> | undefined;
  #ended = false;
  // What the work threw and no reader has received yet. Wrapped, since anything can be thrown.
  #error: { readonly value: unknown } | undefined;

  /**
   * @param work - Takes part until its signal is aborted. What it throws is thrown to the reader.
   * @param signals - Aborting any of them stops the work.
   */
  constructor(
    work: (events: EventSink, signal: AbortSignal) => Promise<void>,
    ...signals: readonly (AbortSignal | undefined)[]
  ) {
    this.#work = work;
    this.#signals = signals;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Returns the next event, and starts the work when this is the first call. */
  next(): Promise<Step> {
    this.#start();
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#serve();
    });
  }

  /** Stops the work, waits until it has ended, and drops what was not read, an error included. */
  async return(): Promise<Step> {
    this.#unread.length = 0;
    this.#stop?.abort();
    await this.#running;
    this.#unread.length = 0;
    this.#error = undefined;
    this.#finish();
    return { done: true, value: undefined };
  }

  push(event: ParticipationEvent): void {
    if (this.#ended) return;
    const last = this.#unread.length - 1;
    if (PROGRESS.has(event.type) && this.#unread[last]?.type === event.type) {
      this.#unread[last] = event;
    } else {
      this.#unread.push(event);
    }
    this.#serve();
  }

  room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(aborted());
      } else if (this.#unread.length < UNREAD_EVENTS) {
        resolve();
      } else {
        const stop = (): void => reject(aborted());
        signal.addEventListener("abort", stop, { once: true });
        this.#waitingForRoom.push(() => {
          signal.removeEventListener("abort", stop);
          resolve();
        });
      }
    });
  }

  #start(): void {
    if (this.#running !== undefined || this.#ended) return;
    // Linked only now: a stream that nobody reads would otherwise stay registered with signals that
    // may live much longer.
    this.#stop = new LinkedAbort(...this.#signals);
    this.#running = this.#work(this, this.#stop.signal)
      .catch((error: unknown) => {
        this.#error = { value: error };
      })
      .finally(() => this.#finish());
  }

  #finish(): void {
    this.#ended = true;
    this.#stop?.unlink();
    this.#serve();
  }

  /** Hands events to the waiting readers, then the error if there is one, then the end. */
  #serve(): void {
    while (this.#readers.length > 0) {
      const event = this.#unread.shift();
      if (event === undefined && !this.#ended) return;
      const reader = this.#readers.shift();
      if (event !== undefined) {
        reader?.resolve({ done: false, value: event });
        if (this.#unread.length < UNREAD_EVENTS) this.#makeRoom();
      } else if (this.#error !== undefined) {
        // The error is thrown once. After that the iterator is at its end.
        const { value } = this.#error;
        this.#error = undefined;
        reader?.reject(value);
      } else {
        reader?.resolve({ done: true, value: undefined });
      }
    }
  }

  #makeRoom(): void {
    for (const resolve of this.#waitingForRoom.splice(0)) resolve();
  }
}
