import type { WebSocket } from "ws";
import type { Clock, Limits } from "@tributary/protocol";
import type { SendTurns } from "./send-turns.ts";

interface FrameSenderDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  /** Shared by all senders of a server. */
  readonly turns: SendTurns;
  /** Called when a connection is cut because the client does not read. */
  readonly onSlowReader: () => void;
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
  }

  /**
   * Sends chunks one after the other, in place of those that have not been sent yet.
   * @param frames - Shared between clients; not modified.
   */
  streamChunks(frames: readonly Uint8Array[]): void {
    this.#chunks = frames;
    this.#nextChunk = 0;
    this.#pump();
  }

  /** Drops the chunks that have not been sent. */
  stopChunks(): void {
    this.#chunks = [];
    this.#nextChunk = 0;
  }

  /** Returns the number of bytes that were handed to the socket since the last call. */
  takeBytesSent(): number {
    const bytes = this.#bytesSent;
    this.#bytesSent = 0;
    return bytes;
  }

  /** Sends a close frame. A client that does not answer it within `closeTimeoutMs` is cut. */
  close(code: number, reason: string): void {
    this.#cancelDeadline?.();
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
    const { clock, limits } = this.#deps;
    const frame = this.#chunks[this.#nextChunk];
    if (frame === undefined || this.#socket.readyState !== this.#socket.OPEN) {
      this.#pumping = false;
      return 0;
    }
    this.#nextChunk += 1;
    this.#bytesSent += frame.length;
    this.#cancelDeadline = clock.schedule(limits.sendTimeoutMs, () => this.#cut());
    this.#socket.send(frame, () => {
      taken();
      this.#pumping = false;
      this.#cancelDeadline?.();
      this.#pump();
    });
    return frame.length;
  }

  #cut(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#deps.onSlowReader();
    this.#socket.terminate();
  }
}
