import type { WebSocket } from "ws";

/**
 * Bytes of messages that the server handles before other work gets its turn. So many bytes are
 * about 2 ms of work.
 */
const BYTES_PER_TURN = 1_048_576;

/**
 * Keeps uploads from holding the server up. A socket that has received megabytes delivers all of
 * them in one go, and several such sockets do so one after the other. Once enough bytes have been
 * handled, each socket that delivers more is paused until other work has had its turn.
 */
export class IntakeTurns {
  readonly #paused: WebSocket[] = [];
  #bytes = 0;
  #scheduled = false;

  /** Counts a message. Call this for each message after it has been handled. */
  handled(socket: WebSocket, byteLength: number): void {
    this.#bytes += byteLength;
    if (this.#bytes >= BYTES_PER_TURN && !socket.isPaused) {
      socket.pause();
      this.#paused.push(socket);
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#bytes = 0;
      for (const each of this.#paused.splice(0)) each.resume();
    });
  }
}
