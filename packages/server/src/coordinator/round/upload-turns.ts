import type { Clock } from "@tributary/protocol";

/**
 * The most bytes of free buffers that are kept from round to round. For small models, allocating
 * buffers anew would cost more than keeping them.
 */
const KEPT_BYTES = 67_108_864;

/** A new buffer is longer by this fraction (1/8) than the payload that it is made for. */
const SLACK = 8;

/** One member's turn to upload its report. */
export interface UploadTurn {
  /** Where the payload is gathered; `undefined` while the turn has not come. */
  readonly buffer: Uint8Array | undefined;
  /** The payload is complete, and no time limit applies any more. */
  complete(): void;
  /** Gives the turn back, whether it has come or not; idempotent. */
  release(): void;
}

interface Request {
  readonly byteLength: number;
  readonly turn: UploadTurn;
  readonly onGrant: (turn: UploadTurn) => void;
  readonly onTimeout: () => void;
  buffer: Uint8Array<SharedArrayBuffer> | undefined;
  cancelTimer: (() => void) | undefined;
  isReleased: boolean;
}

/**
 * Gives out upload turns in the order in which members ask. The server's memory therefore holds a
 * bounded number of encoded reports, whatever the size of a cohort. The queue is bounded by the
 * cohorts, since a member asks for one turn.
 */
export class UploadTurns {
  readonly #clock: Clock;
  readonly #turnCount: number;
  readonly #timeoutMs: number;
  readonly #queue: Set<Request> = new Set();
  /** Free memory of about the size used last, so that a round allocates only a few buffers. */
  readonly #spare: SharedArrayBuffer[] = [];
  #used = 0;

  /**
   * @param options.turns - Turns at a time; ≥ 1.
   * @param options.timeoutMs - Longest time from a turn's start to its payload's last byte.
   */
  constructor(options: {
    readonly clock: Clock;
    readonly turns: number;
    readonly timeoutMs: number;
  }) {
    this.#clock = options.clock;
    this.#turnCount = options.turns;
    this.#timeoutMs = options.timeoutMs;
  }

  /**
   * Asks for a turn.
   * @param byteLength - Length of the payload.
   * @param onGrant - Called once, when the turn has its buffer: later, or before this returns.
   * @param onTimeout - Called if the payload is not complete `timeoutMs` after the turn's start.
   *   The turn has been released by then.
   */
  request(
    byteLength: number,
    onGrant: (turn: UploadTurn) => void,
    onTimeout: () => void,
  ): UploadTurn {
    const request: Request = {
      byteLength,
      turn: {
        get buffer() {
          return request.buffer;
        },
        complete: () => request.cancelTimer?.(),
        release: () => this.#release(request),
      },
      onGrant,
      onTimeout,
      buffer: undefined,
      cancelTimer: undefined,
      isReleased: false,
    };
    this.#queue.add(request);
    this.#grant();
    return request.turn;
  }

  #grant(): void {
    for (const request of this.#queue) {
      if (this.#used >= this.#turnCount) return;
      this.#queue.delete(request);
      this.#used += 1;
      request.buffer = this.#take(request.byteLength);
      request.cancelTimer = this.#clock.schedule(this.#timeoutMs, () => {
        this.#release(request);
        request.onTimeout();
      });
      request.onGrant(request.turn);
    }
  }

  #release(request: Request): void {
    if (request.isReleased) return;
    request.isReleased = true;
    this.#queue.delete(request);
    request.cancelTimer?.();
    if (request.buffer === undefined) return;
    this.#spare.push(request.buffer.buffer);
    request.buffer = undefined;
    this.#used -= 1;
    this.#grant();
    if (this.#used === 0) {
      const bytes = this.#spare.reduce((sum, memory) => sum + memory.byteLength, 0);
      if (bytes > KEPT_BYTES) this.#spare.length = 0;
    }
  }

  #take(byteLength: number): Uint8Array<SharedArrayBuffer> {
    const index = this.#spare.findIndex(
      (memory) => memory.byteLength >= byteLength && memory.byteLength <= 2 * byteLength,
    );
    const [kept] = index < 0 ? [] : this.#spare.splice(index, 1);
    if (kept !== undefined) return new Uint8Array(kept, 0, byteLength);
    this.#spare.length = 0;
    // The memory is shared, so that another thread can add what is in it (ADR 17). Codecs with
    // entropy coding make payloads of about one length, so the next one may be a little longer.
    const memory = new SharedArrayBuffer(byteLength + Math.ceil(byteLength / SLACK));
    return new Uint8Array(memory, 0, byteLength);
  }
}
