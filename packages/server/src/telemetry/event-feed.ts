import type { Logger } from "../runtime/logger.ts";
import type { ServerEvent } from "./server-event.ts";

/** Takes the events that the parts of a server publish. */
export interface EventPublisher {
  /** Tells of an event. It never throws. */
  publish(event: ServerEvent): void;
}

/** Drops all events, for parts of a server that run alone. */
export const noEvents: EventPublisher = { publish() {} };

/** Takes the place of the events that a stream has dropped because its reader was too slow. */
export interface EventsMissed {
  readonly type: "events-missed";
  readonly count: number;
}

/** Number of events that a stream keeps for a busy reader, unless the reader asks for another. */
const STREAM_CAPACITY = 1_024;

/**
 * Hands every event of a server to any number of subscribers, in the order in which the events
 * happen. A subscriber can neither break nor delay what it watches: an error of a listener is
 * logged, and a stream keeps a bounded number of events.
 */
export class EventFeed implements EventPublisher {
  readonly #logger: Logger;
  readonly #listeners: Set<(event: ServerEvent) => void> = new Set();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Number of subscribers now. */
  get subscriberCount(): number {
    return this.#listeners.size;
  }

  /** Hands the event on to every subscriber. */
  publish(event: ServerEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error("event listener failed", { error, event: event.type });
      }
    }
  }

  /**
   * Calls `listener` with every event from now on, before `publish` returns. It must be quick.
   * @returns Ends the subscription; idempotent.
   */
  subscribe(listener: (event: ServerEvent) => void): () => void {
    // A function of its own, so that subscribing the same listener twice calls it twice.
    const subscription = (event: ServerEvent): void => listener(event);
    this.#listeners.add(subscription);
    return () => void this.#listeners.delete(subscription);
  }

  /**
   * Returns every event from this call on, for a reader that may be slow. When more than `capacity`
   * events wait, the oldest are dropped, and `events-missed` takes their place.
   * @param options.capacity - Number of events that are kept; ≥ 1, default 1,024.
   * @param options.signal - Ends the stream.
   */
  stream(
    options: {
      readonly capacity?: number;
      readonly signal?: AbortSignal;
    } = {},
  ): AsyncIterableIterator<ServerEvent | EventsMissed> {
    const { capacity = STREAM_CAPACITY, signal } = options;
    const waiting: ServerEvent[] = [];
    let missed = 0;
    let wake = (): void => {};
    let isOpen = signal?.aborted !== true;
    const unsubscribe = this.subscribe((event) => {
      if (waiting.push(event) > capacity) {
        waiting.shift();
        missed += 1;
      }
      wake();
    });
    const end = (): void => {
      isOpen = false;
      unsubscribe();
      wake();
    };
    if (!isOpen) unsubscribe();
    signal?.addEventListener("abort", end, { once: true });
    const stream: AsyncIterableIterator<ServerEvent | EventsMissed> = {
      [Symbol.asyncIterator]: () => stream,
      async next() {
        for (;;) {
          if (missed > 0) {
            const count = missed;
            missed = 0;
            return { done: false, value: { type: "events-missed", count } };
          }
          const event = waiting.shift();
          if (event !== undefined) return { done: false, value: event };
          if (!isOpen) return { done: true, value: undefined };
          await new Promise<void>((resolve) => (wake = resolve));
        }
      },
      async return() {
        signal?.removeEventListener("abort", end);
        end();
        waiting.length = 0;
        return { done: true, value: undefined };
      },
    };
    return stream;
  }
}
