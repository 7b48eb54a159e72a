import type { Clock } from "../runtime/clock.ts";

/** Buffers of up to so many bytes are kept from round to round: to make them anew costs a server of small models more than to keep them. */
const KEPT_BYTES = 67_108_864;

/** A payload may be longer than the one before by this part of it, and still finds its memory large enough. */
const SLACK = 8;

/** A turn to upload one report. */
export interface ReportTicket {
  /** Where the payload is gathered; `undefined` while waiting for the turn. */
  readonly buffer: Uint8Array | undefined;
  /** The payload is all there: no time limit holds any more. */
  complete(): void;
  /** Gives the turn back; idempotent. */
  release(): void;
}

interface Waiting {
  readonly byteLength: number;
  readonly ticket: ReportTicket;
  readonly onGrant: (ticket: ReportTicket) => void;
  readonly onTimeout: () => void;
  buffer: Uint8Array<SharedArrayBuffer> | undefined;
  cancelTimer: (() => void) | undefined;
  released: boolean;
}

/**
 * Turns to upload, so that a server's memory holds a bounded number of encoded reports whatever the size of a cohort.
 * The queue is bounded by the cohort: one ticket a member.
 */
export class ReportSlots {
  readonly #clock: Clock;
  readonly #slots: number;
  readonly #uploadTimeoutMs: number;
  readonly #queue: Set<Waiting> = new Set();
  /** Memory of about the last size used, kept so that a round allocates a handful at most and not one for each report. */
  readonly #spare: SharedArrayBuffer[] = [];
  #used = 0;

  constructor(deps: {
    readonly clock: Clock;
    readonly slots: number;
    readonly uploadTimeoutMs: number;
  }) {
    this.#clock = deps.clock;
    this.#slots = deps.slots;
    this.#uploadTimeoutMs = deps.uploadTimeoutMs;
  }

  /**
   * Asks for a turn.
   * @param onGrant - Called once, when the ticket has its buffer: later, or before this returns.
   * @param onTimeout - Called if the ticket is still held `uploadTimeoutMs` after its grant; it has then been released.
   */
  request(
    byteLength: number,
    onGrant: (ticket: ReportTicket) => void,
    onTimeout: () => void,
  ): ReportTicket {
    const waiting: Waiting = {
      byteLength,
      ticket: {
        get buffer() {
          return waiting.buffer;
        },
        complete: () => waiting.cancelTimer?.(),
        release: () => this.#release(waiting),
      },
      onGrant,
      onTimeout,
      buffer: undefined,
      cancelTimer: undefined,
      released: false,
    };
    this.#queue.add(waiting);
    this.#grant();
    return waiting.ticket;
  }

  #grant(): void {
    for (const waiting of this.#queue) {
      if (this.#used >= this.#slots) return;
      this.#queue.delete(waiting);
      this.#used += 1;
      waiting.buffer = this.#take(waiting.byteLength);
      waiting.cancelTimer = this.#clock.schedule(this.#uploadTimeoutMs, () => {
        this.#release(waiting);
        waiting.onTimeout();
      });
      waiting.onGrant(waiting.ticket);
    }
  }

  #release(waiting: Waiting): void {
    if (waiting.released) return;
    waiting.released = true;
    this.#queue.delete(waiting);
    waiting.cancelTimer?.();
    if (waiting.buffer === undefined) return;
    this.#spare.push(waiting.buffer.buffer);
    waiting.buffer = undefined;
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
    // Shared, so that another thread can add up what is in it: see record 17. Codecs with entropy coding make payloads of about
    // one length: the next one may be a little longer.
    const memory = new SharedArrayBuffer(byteLength + Math.ceil(byteLength / SLACK));
    return new Uint8Array(memory, 0, byteLength);
  }
}
