/** Bytes that all senders together hand to their sockets before whatever else is ready has its turn: about 2 ms of TLS. */
const BYTES_PER_TURN = 1_048_576;

/** Sends one piece now and says how long it was; 0 when there is nothing to send after all. */
export type SendPiece = () => number;

/**
 * Makes senders take turns, piece by piece, with breaks for everything else. A kernel takes megabytes for each of a
 * hundred sockets at once, and encrypting those in one go would hold up the server for half a second.
 */
export class SendTurns {
  readonly #waiting: SendPiece[] = [];
  #scheduled = false;

  /** Calls `send` once, soon. */
  take(send: SendPiece): void {
    this.#waiting.push(send);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      let sent = 0;
      while (sent < BYTES_PER_TURN) {
        const send = this.#waiting.shift();
        if (send === undefined) return;
        sent += send();
      }
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
