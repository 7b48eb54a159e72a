import type { WebSocket } from "ws";

/** Bytes that all clients together may have handled before whatever else is ready has its turn: about 2 ms of work. */
const BYTES_PER_TURN = 1_048_576;

/**
 * Keeps uploads from holding up the server: a socket that has megabytes to deliver delivers them in one go, and sixteen such
 * sockets after each other. Once enough has come in, those that go on are paused until everything else has had its turn.
 */
export class IntakeTurns {
  readonly #paused: WebSocket[] = [];
  #bytes = 0;
  #scheduled = false;

  /** Counts a message in; to be called for each, after it has been handled. */
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
