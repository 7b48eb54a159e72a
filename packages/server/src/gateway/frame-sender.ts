import type { WebSocket } from "ws";
import type { Clock, Limits } from "@tributary/protocol";
import type { Heartbeat } from "./heartbeat.ts";
import type { SendTurns } from "./send-turns.ts";

interface FrameSenderDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  /** Shared by all senders of a server. */
  readonly turns: SendTurns;
  /** The heartbeat of the connection, which is told of what is sent. */
  readonly heartbeat: Heartbeat;
  /** Called when the client does not read, so that the connection must be cut. */
  readonly onSlowReader: () => void;
}

/** How far the chunks have come that are being sent, or that were sent last. */
export interface ChunkProgress {
  readonly bytesDue: number;
  /** Bytes of these that the server has sent. */
  readonly bytesSent: number;
  /** Bytes of these that have been proved to be with the client. */
  readonly bytesRead: number;
}

/**
 * Sends frames to one client. Records are sent at once. The chunks of a sealed model are sent one
 * at a time, as fast as the client reads them. A client that reads slowly therefore takes a bounded
 * amount of memory and no copy of the model, and a client that stops reading is cut.
 */
export class FrameSender {
  readonly #socket: WebSocket;
  readonly #deps: FrameSenderDeps;
  #chunks: readonly Uint8Array[] = [];
  #nextChunk = 0;
  #bytesSent = 0;
  #bytesDue = 0;
  /** What the heartbeat had counted when the chunks began. */
  #sentBefore = 0;
  #pumping = false;
  #cancelDeadline: (() => void) | undefined;

  constructor(socket: WebSocket, deps: FrameSenderDeps) {
    this.#socket = socket;
    this.#deps = deps;
  }

  /** Sends a frame now. A client is cut when too many bytes wait for it to read them. */
  send(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > 2 * this.#deps.limits.maxBufferedSendBytes) {
      this.#cut();
      return;
    }
    this.#bytesSent += frame.length;
    this.#socket.send(frame);
    this.#deps.heartbeat.sent(frame.length);
  }

  /**
   * Sends chunks one after the other, in place of those that have not been sent yet.
   * @param frames - Shared between clients; not modified.
   */
  streamChunks(frames: readonly Uint8Array[]): void {
    this.#chunks = frames;
    this.#nextChunk = 0;
    this.#bytesDue = frames.reduce((sum, { length }) => sum + length, 0);
    this.#sentBefore = this.#deps.heartbeat.sentBytes;
    this.#pump();
  }

  /** Drops the chunks that have not been sent. */
  stopChunks(): void {
    this.#chunks = [];
    this.#nextChunk = 0;
  }

  /** How far the chunks have come, to within the few records that are sent between them. */
  get progress(): ChunkProgress {
    const bytesDue = this.#bytesDue;
    const { sentBytes, provedBytes } = this.#deps.heartbeat;
    const share = (bytes: number): number =>
      Math.min(bytesDue, Math.max(0, bytes - this.#sentBefore));
    return { bytesDue, bytesSent: share(sentBytes), bytesRead: share(provedBytes) };
  }

  /** Call when the client has proved that it reads: it gets new time for the chunk that waits. */
  hasRead(): void {
    if (this.#cancelDeadline !== undefined) this.#watch();
  }

  /** Returns the number of bytes that were handed to the socket since the last call. */
  takeBytesSent(): number {
    const bytes = this.#bytesSent;
    this.#bytesSent = 0;
    return bytes;
  }

  /** Sends a close frame. A client that does not answer it within `closeTimeoutMs` is cut. */
  close(code: number, reason: string): void {
    this.#unwatch();
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.close(code, reason);
    const { clock, limits } = this.#deps;
    const cancel = clock.schedule(limits.closeTimeoutMs, () => this.#socket.terminate());
    this.#socket.once("close", cancel);
  }

  /** Asks for a turn to send the next chunk, unless a chunk is being sent or waits for its turn. */
  #pump(): void {
    if (this.#pumping || this.#nextChunk >= this.#chunks.length) return;
    this.#pumping = true;
    this.#deps.turns.take((taken) => this.#sendChunk(taken));
  }

  /** Sends the next chunk and returns its length; 0 when there is none. */
  #sendChunk(taken: () => void): number {
    const { heartbeat } = this.#deps;
    const frame = this.#chunks[this.#nextChunk];
    if (frame === undefined || this.#socket.readyState !== this.#socket.OPEN) {
      this.#pumping = false;
      return 0;
    }
    this.#nextChunk += 1;
    this.#bytesSent += frame.length;
    this.#watch();
    this.#socket.send(frame, () => {
      taken();
      heartbeat.progressed();
      this.#pumping = false;
      this.#unwatch();
      this.#pump();
    });
    heartbeat.sent(frame.length);
    return frame.length;
  }

  /** Gives the client `sendTimeoutMs` to read something. */
  #watch(): void {
    const { clock, limits } = this.#deps;
    this.#unwatch();
    this.#cancelDeadline = clock.schedule(limits.sendTimeoutMs, () => this.#cut());
  }

  #unwatch(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
  }

  #cut(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#deps.onSlowReader();
  }
}
