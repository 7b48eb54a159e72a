import type { Clock, Limits } from "@tributary/protocol";

/** Holds one report, from its turn on, to its size, to a number of pieces, and to a pace. */
export class UploadWatch {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #onStall: () => void;
  #bytesLeft: number;
  #piecesLeft: number;
  #bytesSinceCheck = 0;
  #cancelCheck = (): void => {};

  /**
   * @param byteLength - Of the payload, as the client has announced it.
   * @param onStall - Called once if the report does not come on.
   */
  constructor(
    byteLength: number,
    deps: { readonly clock: Clock; readonly limits: Limits },
    onStall: () => void,
  ) {
    this.#clock = deps.clock;
    this.#limits = deps.limits;
    this.#onStall = onStall;
    const { reportChunkBytes, maxReportPieces } = deps.limits;
    this.#bytesLeft = byteLength;
    this.#piecesLeft = maxReportPieces * Math.max(1, Math.ceil(byteLength / reportChunkBytes));
    this.#check();
  }

  /** Counts one piece in. @returns Whether it may come. */
  take(byteLength: number): boolean {
    if (byteLength > this.#bytesLeft || this.#piecesLeft === 0) return false;
    this.#bytesLeft -= byteLength;
    this.#piecesLeft -= 1;
    this.#bytesSinceCheck += byteLength;
    if (this.#bytesLeft === 0) this.stop(); // whoever has sent everything may wait for the answer
    return true;
  }

  /** No longer waits for it; pieces on their way may still come. */
  stop(): void {
    this.#cancelCheck();
  }

  #check(): void {
    this.#bytesSinceCheck = 0;
    this.#cancelCheck = this.#clock.schedule(this.#limits.uploadStallTimeoutMs, () => {
      if (this.#bytesSinceCheck < this.#limits.reportChunkBytes) this.#onStall();
      else this.#check();
    });
  }
}
