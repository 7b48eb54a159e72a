import type { WebSocket } from "ws";
import type { Limits } from "@tributary/protocol";

/**
 * Sends frames to one client. Records go out at once; sealed chunks flow as fast as the client reads, so that a slow
 * reader holds a bounded buffer and no copy of the model.
 */
export class FrameSender {
  readonly #socket: WebSocket;
  readonly #limits: Limits;
  #chunks: readonly Uint8Array[] = [];
  #nextChunk = 0;
  #bytesSent = 0;
  #pumping = false;

  constructor(socket: WebSocket, limits: Limits) {
    this.#socket = socket;
    this.#limits = limits;
  }

  /** Sends a frame now. A client that lets frames pile up past the buffer's bound is cut. */
  send(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > 2 * this.#limits.maxBufferedSendBytes) {
      this.#socket.terminate();
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

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #pump(): void {
    if (this.#pumping) return;
    while (
      this.#nextChunk < this.#chunks.length &&
      this.#socket.readyState === this.#socket.OPEN &&
      this.#socket.bufferedAmount < this.#limits.maxBufferedSendBytes
    ) {
      const frame = this.#chunks[this.#nextChunk++]!;
      this.#bytesSent += frame.length;
      const isLast =
        this.#nextChunk >= this.#chunks.length ||
        this.#socket.bufferedAmount + frame.length >= this.#limits.maxBufferedSendBytes;
      if (!isLast) {
        this.#socket.send(frame);
        continue;
      }
      this.#pumping = true;
      this.#socket.send(frame, () => {
        this.#pumping = false;
        this.#pump();
      });
      return;
    }
  }
}
