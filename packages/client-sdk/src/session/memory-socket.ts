import type { Socket, SocketConnector, SocketEnd } from "./socket.ts";

/** Who listens at one end of a pair. */
export interface MemorySocketEvents {
  /** A binary message has come; the bytes are the listener's own. */
  frame(bytes: Uint8Array): void;
  /** A text message has come, which the protocol forbids. */
  text(): void;
  /** The connection has ended; called once. */
  closed(end: SocketEnd): void;
}

/** One end of a pair of sockets in memory. */
export interface MemorySocketEnd extends Socket {
  /** Whether its `closed` event has come. */
  readonly ended: boolean;
  /** Sends a text message, which the protocol forbids. */
  sendText(): void;
  /** Ends both sides as a broken cable would: close code 1006. */
  cut(): void;
  /** Holds what the other end sends back, so that its `bufferedAmount` grows. */
  pause(): void;
  resume(): void;
  /** Bytes that the other end has sent and that are held back or under way. */
  readonly incomingBytes: number;
}

/**
 * Two sockets that are each other's other end, without a network: the in-memory adapter of `Socket`.
 * Frames are copied, keep their order and arrive in later microtasks, as they would from a network.
 * @param left - Listens at the first end that is returned. @param right - Listens at the second.
 */
export function memorySocketPair(
  left: MemorySocketEvents,
  right: MemorySocketEvents,
): readonly [MemorySocketEnd, MemorySocketEnd] {
  const leftEnd = new End(left);
  const rightEnd = new End(right);
  leftEnd.peer = rightEnd;
  rightEnd.peer = leftEnd;
  return [leftEnd, rightEnd];
}

/**
 * A connector whose every socket ends in `accept`: a server in the same process.
 * @param accept - Gets the server's end and returns its listener; throwing refuses the connection.
 */
export function memoryConnector(
  accept: (end: MemorySocketEnd, request: Parameters<SocketConnector>[0]) => MemorySocketEvents,
): SocketConnector {
  return (request, events) => {
    const listener: { current: MemorySocketEvents } = { current: DEAF };
    const [client, server] = memorySocketPair(events, {
      frame: (bytes) => listener.current.frame(bytes),
      text: () => listener.current.text(),
      closed: (end) => listener.current.closed(end),
    });
    queueMicrotask(() => {
      if (client.ended) return;
      try {
        listener.current = accept(server, request);
      } catch {
        client.cut();
        return;
      }
      events.opened();
    });
    return client;
  };
}

const DEAF: MemorySocketEvents = { frame: () => {}, text: () => {}, closed: () => {} };

class End implements MemorySocketEnd {
  peer: End | undefined;
  ended = false;
  readonly #events: MemorySocketEvents;
  readonly #waiting: { limit: number; resolve: () => void }[] = [];
  /** What this end has sent and the other has not yet heard, in order. */
  #queue: { bytes: number; deliver: () => void }[] = [];
  #buffered = 0;
  #paused = false;
  #scheduled = false;
  #closing = false;

  constructor(events: MemorySocketEvents) {
    this.#events = events;
  }

  get bufferedAmount(): number {
    return this.#buffered;
  }

  get incomingBytes(): number {
    return this.peer?.bufferedAmount ?? 0;
  }

  send(bytes: Uint8Array): void {
    const copy = new Uint8Array(bytes);
    this.#push(copy.length, (peer) => peer.#events.frame(copy));
  }

  sendText(): void {
    this.#push(1, (peer) => peer.#events.text());
  }

  drained(limit: number): Promise<void> {
    if (this.ended || this.#buffered <= limit) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ limit, resolve }));
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#push(0, (peer) => {
      peer.#end({ code, reason });
      this.#end({ code, reason });
    });
    this.#closing = true;
  }

  cut(): void {
    const { peer } = this;
    queueMicrotask(() => {
      if (peer !== undefined) peer.#end({ code: 1006, reason: "" });
      this.#end({ code: 1006, reason: "" });
    });
  }

  pause(): void {
    if (this.peer !== undefined) this.peer.#paused = true;
  }

  resume(): void {
    if (this.peer === undefined) return;
    this.peer.#paused = false;
    this.peer.#schedule();
  }

  #push(bytes: number, deliver: (peer: End) => void): void {
    const { peer } = this;
    if (this.ended || this.#closing || peer === undefined) return;
    this.#queue.push({ bytes, deliver: () => deliver(peer) });
    this.#buffered += bytes;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused || this.#queue.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#paused || this.ended) return;
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#buffered -= next.bytes;
      next.deliver();
      this.#release();
      this.#schedule();
    });
  }

  #release(): void {
    for (const waiter of this.#waiting.splice(0)) {
      if (this.ended || this.#buffered <= waiter.limit) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }

  #end(end: SocketEnd): void {
    if (this.ended) return;
    this.ended = true;
    this.#queue = [];
    this.#buffered = 0;
    this.#release();
    this.#events.closed(end);
  }
}
