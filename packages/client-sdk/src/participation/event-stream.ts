import { aborted, LinkedAbort } from "../runtime/abort.ts";
import type { ParticipationEvent } from "./participation-event.ts";

/** Where what happens is told. */
export interface EventSink {
  /** Never blocks and never throws. */
  push(event: ParticipationEvent): void;
  /**
   * Resolves when the reader has kept up. Asked before each connection and each check-in, so that what a reader who
   * stopped reading leaves behind is bounded: one attempt makes a dozen events at most.
   * @throws TributaryError `ABORTED`.
   */
  room(signal: AbortSignal): Promise<void>;
}

/** Events that may wait for a reader before the client stops and waits for it. */
const UNREAD_EVENTS = 32;

type Step = IteratorResult<ParticipationEvent, undefined>;

/**
 * What `participate()` returns: an async iterator over the events of work that runs beside it. The work begins with
 * the first `next` and ends with `return`, that is with `break`, or with the signal; either way the iterator is done
 * when the work has let go of everything. Several pending `next` calls are served in order.
 */
export class EventStream
  implements AsyncIterableIterator<ParticipationEvent, undefined, undefined>, EventSink
{
  readonly #work: (events: EventSink, signal: AbortSignal) => Promise<void>;
  readonly #signals: readonly (AbortSignal | undefined)[];
  #stop: LinkedAbort | undefined;
  readonly #unread: ParticipationEvent[] = [];
  readonly #readers: { resolve(step: Step): void; reject(error: unknown): void }[] = [];
  readonly #waitingForRoom: (() => void)[] = [];
  #running: Promise<void> | undefined;
  #ended = false;
  #error: { readonly value: unknown } | undefined;

  /**
   * @param work - Takes part until its signal is aborted; what it throws, the reader gets.
   * @param signals - Any of them aborts it.
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

  next(): Promise<Step> {
    this.#start();
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#serve();
    });
  }

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
    if (event.type === "training" && this.#unread[last]?.type === "training") {
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
    // Not before: an iterator that nobody reads must not hang on signals that may live long.
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

  #serve(): void {
    while (this.#readers.length > 0) {
      const event = this.#unread.shift();
      if (event === undefined && !this.#ended) return;
      const reader = this.#readers.shift();
      if (event !== undefined) {
        reader?.resolve({ done: false, value: event });
        if (this.#unread.length < UNREAD_EVENTS) this.#makeRoom();
      } else if (this.#error !== undefined) {
        // Once: after its error an iterator is done.
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
