import type { WebSocket } from "ws";
import type { Clock, Limits } from "@tributary/protocol";
import type { SendTurns } from "./send-turns.ts";

interface FrameSenderDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  /** Shared by all senders of a server. */
  readonly turns: SendTurns;
  /** The client does not read, and is being cut. */
  readonly onSlowReader: () => void;
}

/**
 * Sends frames to one client. Records go out at once; sealed chunks flow as fast as the client reads, one at a time, so
 * that a slow reader holds a bounded buffer and no copy of the model, and that not for ever.
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

  /** Sends a frame now. A client that lets frames pile up past the buffer's bound is cut. */
  send(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > 2 * this.#deps.limits.maxBufferedSendBytes) {
      this.#cut();
      return;
    }
    this.#bytesSent += frame.length;
    this.#socket.send(frame);
  }

  /** Streams frames after what was sent before; they are shared between clients and not modified. */
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

  /** Bytes of frames handed to the socket since the last call. */
  takeBytesSent(): number {
    const bytes = this.#bytesSent;
    this.#bytesSent = 0;
    return bytes;
  }

  /** Closes with a code; a client that does not answer in time is cut. */
  close(code: number, reason: string): void {
    this.#cancelDeadline?.();
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.close(code, reason);
    const { clock, limits } = this.#deps;
    const cancel = clock.schedule(limits.closeTimeoutMs, () => this.#socket.terminate());
    this.#socket.once("close", cancel);
  }

  /** Asks for a turn to send the next chunk, unless one is on its way or asked for. */
  #pump(): void {
    if (this.#pumping || this.#nextChunk >= this.#chunks.length) return;
    this.#pumping = true;
    this.#deps.turns.take((taken) => this.#sendChunk(taken));
  }

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
