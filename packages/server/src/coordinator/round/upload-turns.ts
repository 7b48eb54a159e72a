import { TurnQueue, uploadTimeMs, type TurnClaim } from "@tributary/core";
import { TributaryError, type Clock, type Limits } from "@tributary/protocol";
import { UploadBuffers } from "./upload-buffers.ts";

/** One member's turn to upload its report. */
export interface UploadTurn {
  /** Where the payload is gathered; `undefined` while the turn has not come. */
  readonly buffer: Uint8Array | undefined;
  /** Counts bytes of the payload that have arrived. */
  received(byteLength: number): void;
  /** The payload is complete, and no time limit applies any more. */
  complete(): void;
  /** Gives the turn back, whether it has come or not; idempotent. */
  release(): void;
}

/** A member that asks for a turn. */
export interface TurnRequest extends TurnClaim {
  /** Length of the payload in bytes. */
  readonly byteLength: number;
  /** Called once, when the turn has its buffer: later, or before `request` returns. */
  readonly onGrant: (turn: UploadTurn) => void;
  /**
   * Called if the turn ends before the payload is complete, with the error that says why. The turn
   * has been released by then.
   */
  readonly onLost: (error: TributaryError) => void;
}

/** A request for a turn, and the upload that follows when it has come. */
interface Upload extends TurnRequest {
  readonly turn: UploadTurn;
  buffer: Uint8Array<SharedArrayBuffer> | undefined;
  startedAtMs: number;
  receivedBytes: number;
  isComplete: boolean;
  isReleased: boolean;
  cancelTimer: (() => void) | undefined;
}

/**
 * Gives out upload turns, fairly between tasks and between the sites of a task. The server's
 * memory therefore holds a bounded number of encoded reports, whatever the size of a cohort. The
 * queue is bounded by the cohorts, since a member asks for one turn.
 *
 * An upload has a time limit that grows with its size. While others wait for a turn that they cannot
 * get, an upload that is slower than `minUploadBytesPerSecond` gives way to them.
 */
export class UploadTurns {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #queue: TurnQueue<Upload>;
  readonly #buffers = new UploadBuffers();
  #cancelWatch: (() => void) | undefined;

  constructor({ clock, limits }: { readonly clock: Clock; readonly limits: Limits }) {
    this.#clock = clock;
    this.#limits = limits;
    this.#queue = new TurnQueue(limits.maxConcurrentReports);
  }

  /** Asks for a turn. */
  request(request: TurnRequest): UploadTurn {
    const upload: Upload = {
      ...request,
      turn: {
        get buffer() {
          return upload.buffer;
        },
        received: (byteLength) => void (upload.receivedBytes += byteLength),
        complete: () => this.#complete(upload),
        release: () => this.#release(upload),
      },
      buffer: undefined,
      startedAtMs: 0,
      receivedBytes: 0,
      isComplete: false,
      isReleased: false,
      cancelTimer: undefined,
    };
    this.#queue.add(upload);
    this.#grant();
    this.#watch();
    return upload.turn;
  }

  #grant(): void {
    for (let upload = this.#queue.next(); upload !== undefined; upload = this.#queue.next()) {
      this.#start(upload);
    }
  }

  #start(upload: Upload): void {
    const { byteLength } = upload;
    upload.buffer = this.#buffers.take(byteLength);
    upload.startedAtMs = this.#clock.elapsedMs();
    const { reportUploadTimeoutMs, minUploadBytesPerSecond } = this.#limits;
    const limitMs = Math.max(
      reportUploadTimeoutMs,
      uploadTimeMs(byteLength, minUploadBytesPerSecond),
    );
    upload.cancelTimer = this.#clock.schedule(limitMs, () =>
      this.#end(upload, "The report was not sent in time"),
    );
    upload.onGrant(upload.turn);
  }

  #complete(upload: Upload): void {
    upload.isComplete = true;
    upload.cancelTimer?.();
  }

  #release(upload: Upload): void {
    if (upload.isReleased) return;
    upload.isReleased = true;
    this.#queue.release(upload);
    upload.cancelTimer?.();
    const { buffer } = upload;
    if (buffer === undefined) return;
    upload.buffer = undefined;
    this.#buffers.giveBack(buffer);
    this.#grant();
    this.#watch();
  }

  /** Ends an upload that is not complete. */
  #end(upload: Upload, message: string): void {
    this.#release(upload);
    upload.onLost(
      new TributaryError("TIMED_OUT", message, {
        remedy: "Report again in a later round, where the network is better.",
      }),
    );
  }

  /**
   * While somebody waits: ends an upload that is behind the lowest rate, or looks again when the next
   * one would be.
   */
  #watch(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    const slowest = this.#queue.isAwaited ? this.#slowest() : undefined;
    if (slowest === undefined) return;
    const leftMs = this.#leftMs(slowest);
    if (leftMs > 0) {
      this.#cancelWatch = this.#clock.schedule(leftMs, () => this.#watch());
    } else {
      // Its release has the others looked at.
      this.#end(slowest, "The report came too slowly while others waited for an upload turn");
    }
  }

  /** The upload that is furthest behind the lowest rate, or the least ahead of it. */
  #slowest(): Upload | undefined {
    let slowest: Upload | undefined;
    for (const upload of this.#queue.using) {
      if (upload.isComplete) continue;
      if (slowest === undefined || this.#leftMs(upload) < this.#leftMs(slowest)) slowest = upload;
    }
    return slowest;
  }

  /** How long an upload may still go on if nothing more arrives, while others wait. */
  #leftMs({ startedAtMs, receivedBytes }: Upload): number {
    const paceMs = uploadTimeMs(receivedBytes, this.#limits.minUploadBytesPerSecond);
    return startedAtMs + paceMs - this.#clock.elapsedMs();
  }
}
