import type { Clock } from "@tributary/protocol";

/**
 * Bytes that all senders together hand to their sockets before other work gets its turn. Encrypting
 * so many bytes with TLS takes about 2 ms.
 */
const BYTES_PER_TURN = 1_048_576;
/**
 * The most bytes that sockets hold and the operating system has not taken yet. Pieces that have
 * waited longer than `SLOW_MS` do not count.
 */
const BYTES_UNDER_WAY = 16_777_216;
/**
 * A piece that waits longer, in milliseconds, no longer counts. Clients that read must not wait for
 * clients that do not.
 */
const SLOW_MS = 250;

/**
 * Sends one piece now.
 * @param taken - Must be called when the operating system has taken the piece, or when the socket
 *   has closed.
 * @returns The length of the piece in bytes. It is 0 when there is nothing to send any more, and
 *   `taken` need not be called then.
 */
export type SendPiece = (taken: () => void) => number;

/** A piece that a socket holds. */
interface Piece {
  byteLength: number;
  /** When the piece was handed to its socket, by the monotonic clock. */
  readonly sinceMs: number;
}

/**
 * Lets senders take turns, piece by piece, so that other work gets its turn in between. There are
 * two reasons. An operating system takes megabytes for each of a hundred sockets at once, and
 * encrypting all of them in one go would hold the server up for half a second. When it takes no
 * more, one piece for each of a thousand clients would fill a quarter of a gigabyte of memory.
 */
export class SendTurns {
  readonly #clock: Clock;
  readonly #waiting: SendPiece[] = [];
  /** The pieces that sockets hold, the oldest first. */
  readonly #underWay: Set<Piece> = new Set();
  #bytesUnderWay = 0;
  #scheduled = false;
  #watching = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `send` once, when its turn has come. */
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
      const piece: Piece = { byteLength: 0, sinceMs: this.#clock.elapsedMs() };
      this.#underWay.add(piece);
      const byteLength = send(() => this.#taken(piece));
      sent += byteLength;
      if (byteLength === 0) this.#underWay.delete(piece);
      if (!this.#underWay.has(piece)) continue; // the piece was taken at once
      piece.byteLength = byteLength;
      this.#bytesUnderWay += byteLength;
    }
    this.#schedule();
  }

  /** Whether sockets may get one more piece. If not, this asks to be called again in time. */
  #hasRoom(): boolean {
    for (const piece of this.#underWay) {
      if (this.#bytesUnderWay < BYTES_UNDER_WAY) return true;
      const leftMs = piece.sinceMs + SLOW_MS - this.#clock.elapsedMs();
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

  /** Goes on when the oldest piece has waited so long that it no longer counts. */
  #watch(delayMs: number): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#clock.schedule(delayMs, () => {
      this.#watching = false;
      this.#schedule();
    });
  }
}
