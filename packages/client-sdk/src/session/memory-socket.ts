import { DrainWaiters } from "./drain-waiters.ts";
import type { Socket, SocketConnector, SocketEnd } from "./socket.ts";

/** The listener at one end of a pair. */
export interface MemorySocketEvents {
  /** A binary message has come; the bytes are the listener's own. */
  frame(bytes: Uint8Array): void;
  /** A text message has come, which the protocol forbids. */
  text(): void;
  /** The connection has ended; called once. */
  closed(end: SocketEnd): void;
}

/** One of two sockets in memory that are connected to each other. */
export interface MemorySocketEnd extends Socket {
  /** Whether the `closed` event of this end has been sent. */
  readonly ended: boolean;
  /** Sends a text message, which the protocol forbids. */
  sendText(): void;
  /** Ends both sides without a closing handshake, as a broken cable would: close code 1006. */
  cut(): void;
  /** Holds back what the other end sends, so that the other end's `bufferedAmount` grows. */
  pause(): void;
  /** Delivers again what the other end sends. */
  resume(): void;
  /** Bytes that the other end has sent and that have not been delivered here. */
  readonly incomingBytes: number;
}

/**
 * Makes two sockets that are connected to each other without a network: the in-memory adapter of
 * `Socket`. Frames are copied, keep their order and arrive in later microtasks, as frames from a
 * network would.
 * @param left - The listener at the first end that is returned.
 * @param right - The listener at the second end.
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
 * Makes a connector whose sockets all lead to `accept`: a server in the same process.
 * @param accept - Gets the server's end of a new connection and returns its listener. If it throws,
 *   the connection is refused.
 */
export function memoryConnector(
  accept: (end: MemorySocketEnd, request: Parameters<SocketConnector>[0]) => MemorySocketEvents,
): SocketConnector {
  return (request, events) => {
    // The server's listener is known only after `accept` has returned, one microtask later.
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

/** Ignores everything. */
const DEAF: MemorySocketEvents = { frame: () => {}, text: () => {}, closed: () => {} };

/** One end of a pair. */
class End implements MemorySocketEnd {
  peer: End | undefined;
  ended = false;
  readonly #events: MemorySocketEvents;
  readonly #waiters = new DrainWaiters();
  /** What this end has sent and the other end has not received yet, in order. */
  #queue: { bytes: number; deliver: () => void }[] = [];
  #buffered = 0;
  #paused = false;
  // Whether a microtask that delivers the next item is pending.
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
    return this.#waiters.wait(limit);
  }

  /**
   * The close travels through the queue, so that it arrives after the frames that were sent before
   * it.
   */
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

  /** Queues something for the other end. It does nothing once the socket is closing. */
  #push(bytes: number, deliver: (peer: End) => void): void {
    const { peer } = this;
    if (this.ended || this.#closing || peer === undefined) return;
    this.#queue.push({ bytes, deliver: () => deliver(peer) });
    this.#buffered += bytes;
    this.#schedule();
  }

  /** Delivers one item in a later microtask, and then schedules the next. */
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
      this.#waiters.release(this.#buffered);
      this.#schedule();
    });
  }

  /**
   * Ends this side: drops what was queued, resolves the `drained` calls, and tells the listener.
   */
  #end(end: SocketEnd): void {
    if (this.ended) return;
    this.ended = true;
    this.#queue = [];
    this.#buffered = 0;
    this.#waiters.release(0);
    this.#events.closed(end);
  }
}
