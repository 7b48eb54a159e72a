import type { Clock } from "@tributary/protocol";

/** Bytes that all senders together hand to their sockets before whatever else is ready has its turn: about 2 ms of TLS. */
const BYTES_PER_TURN = 1_048_576;
/** Bytes of pieces that sockets have and kernels have not taken yet, unless they have been waiting for `SLOW_MS`. */
const BYTES_UNDER_WAY = 16_777_216;
/** A client that takes longer over one piece is left to itself: those that read must not wait for those that do not. */
const SLOW_MS = 250;

/**
 * Sends one piece now.
 * @param taken - To be called when the kernel has taken it, or the socket is closed.
 * @returns How long it was; 0 when there is nothing to send after all, and then `taken` need not be called.
 */
export type SendPiece = (taken: () => void) => number;

interface Piece {
  byteLength: number;
  readonly sinceMs: number;
}

/**
 * Makes senders take turns, piece by piece, with breaks for everything else. A kernel takes megabytes for each of a
 * hundred sockets at once, and encrypting those in one go would hold up the server for half a second; and where kernels take no
 * more, a piece for each of a thousand clients would be a quarter of a gigabyte.
 */
export class SendTurns {
  readonly #clock: Clock;
  readonly #waiting: SendPiece[] = [];
  /** The oldest first. */
  readonly #underWay: Set<Piece> = new Set();
  #bytesUnderWay = 0;
  #scheduled = false;
  #watching = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `send` once, soon. */
  take(send: SendPiece): void {
    this.#waiting.push(send);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  #run(): void {
    let sent = 0;
    while (sent < BYTES_PER_TURN) {
      if (!this.#hasRoom()) return;
      const send = this.#waiting.shift();
      if (send === undefined) return;
      const piece: Piece = { byteLength: 0, sinceMs: this.#clock.now() };
      this.#underWay.add(piece);
      const byteLength = send(() => this.#taken(piece));
      sent += byteLength;
      if (byteLength === 0) this.#underWay.delete(piece);
      if (!this.#underWay.has(piece)) continue; // taken at once
      piece.byteLength = byteLength;
      this.#bytesUnderWay += byteLength;
    }
    this.#schedule();
  }

  #hasRoom(): boolean {
    for (const piece of this.#underWay) {
      if (this.#bytesUnderWay < BYTES_UNDER_WAY) return true;
      const leftMs = piece.sinceMs + SLOW_MS - this.#clock.now();
      if (leftMs > 0) {
        this.#watch(leftMs);
        return false;
      }
      this.#forget(piece);
    }
    return true;
  }

  #taken(piece: Piece): void {
    this.#forget(piece);
    this.#schedule();
  }

  #forget(piece: Piece): void {
    if (this.#underWay.delete(piece)) this.#bytesUnderWay -= piece.byteLength;
  }

  /** Looks again when the oldest piece has waited long enough. */
  #watch(delayMs: number): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#clock.schedule(delayMs, () => {
      this.#watching = false;
      this.#schedule();
    });
  }
}
