import { PROTOCOL_CONSTANTS, type Clock, type Limits } from "@tributary/protocol";

/**
 * Watches the upload of one report, from the start of its upload turn. It refuses more bytes than
 * were announced and too many pieces, and notices when the upload stalls.
 */
export class UploadWatch {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #onStall: () => void;
  #bytesLeft: number;
  #piecesLeft: number;
  #bytesSinceCheck = 0;
  #cancelCheck = (): void => {};

  /**
   * @param byteLength - Length of the payload in bytes, as the client has announced it.
   * @param onStall - Called once, if fewer than `reportChunkBytes` bytes arrive within
   *   `uploadStallTimeoutMs`.
   */
  constructor(
    byteLength: number,
    deps: { readonly clock: Clock; readonly limits: Limits },
    onStall: () => void,
  ) {
    this.#clock = deps.clock;
    this.#limits = deps.limits;
    this.#onStall = onStall;
    const { reportChunkBytes, maxReportPieces } = PROTOCOL_CONSTANTS;
    this.#bytesLeft = byteLength;
    this.#piecesLeft = maxReportPieces * Math.max(1, Math.ceil(byteLength / reportChunkBytes));
    this.#check();
  }

  /**
   * Counts a piece of the payload that has arrived.
   * @returns False when the client may not send this piece.
   */
  take(byteLength: number): boolean {
    if (byteLength > this.#bytesLeft || this.#piecesLeft === 0) return false;
    this.#bytesLeft -= byteLength;
    this.#piecesLeft -= 1;
    this.#bytesSinceCheck += byteLength;
    if (this.#bytesLeft === 0) this.stop(); // the client has sent everything and may wait
    return true;
  }

  /** Stops looking for a stall. Pieces that are under way may still arrive. */
  stop(): void {
    this.#cancelCheck();
  }

  #check(): void {
    this.#bytesSinceCheck = 0;
    this.#cancelCheck = this.#clock.schedule(this.#limits.uploadStallTimeoutMs, () => {
      if (this.#bytesSinceCheck < PROTOCOL_CONSTANTS.reportChunkBytes) this.#onStall();
      else this.#check();
    });
  }
}
