import type { Clock, Limits } from "@tributary/protocol";

/** The length of a probe's payload, in bytes: one float64. */
const PAYLOAD_BYTES = 8;

/**
 * How long a client's answers are watched before its pace is worked out, in milliseconds. Networks
 * hold answers back and then let several go at once, which must not look like a fast client.
 */
const PACE_MS = 250;

/** The bytes between two probes are at most so many times `probeEveryBytes`. */
const WIDEST_GAP = 8;

/** What the heartbeat of one connection works with. */
export interface HeartbeatDeps {
  readonly clock: Pick<Clock, "elapsedMs">;
  readonly limits: Pick<
    Limits,
    "heartbeatIntervalMs" | "trainingSilenceMs" | "probeEveryBytes" | "minReadBytesPerSecond"
  >;
  /** The bytes that have come over the connection so far. */
  readonly bytesRead: () => number;
  /** Whether the client trains now: it may compute for so long that it answers no probe. */
  readonly isTraining: () => boolean;
  /** Sends a probe, which the client answers with the same payload: a WebSocket ping. */
  readonly probe: (payload: Uint8Array) => void;
}

/**
 * Notices when a client has gone. Progress in either direction is a sign of life: bytes that come,
 * and chunks that the network takes.
 *
 * What the network has taken may still be on its way, megabytes of it, and a probe stands in line
 * behind them. So probes go out not only with each heartbeat but also between the bytes that are
 * sent, one after every `probeEveryBytes`. An answer proves that the client has everything that was
 * sent before its probe. The next answer is never further away than the bytes between two probes. A
 * client is given up when it does not read these at `minReadBytesPerSecond`.
 *
 * A probe and its answer cost the server some 50 microseconds. A client that reads fast gets fewer
 * of them: one after as many bytes as it has lately read in a second.
 */
export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  /** Bytes that have been handed to the connection. */
  #sentBytes = 0;
  /** What `#sentBytes` was when the last probe was sent. */
  #probedBytes = 0;
  /** Bytes that have been proved to be with the client. */
  #provedBytes = 0;
  /** Bytes after which the next probe is sent. */
  #gapBytes: number;
  /** The largest `#gapBytes` that a probe without an answer may have been sent with. */
  #widestGapBytes: number;
  /** When the client's pace was last worked out, by the monotonic clock, and its bytes then. */
  #pace: { readonly sinceMs: number; readonly provedBytes: number };
  /** What `bytesRead` was at the last beat. */
  #readBytes = -1;
  #hasProgress = false;
  /** Beats since the last sign of life. */
  #silentBeats = 0;

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
    this.#gapBytes = deps.limits.probeEveryBytes;
    this.#widestGapBytes = this.#gapBytes;
    this.#pace = { sinceMs: deps.clock.elapsedMs(), provedBytes: 0 };
  }

  /** Bytes that have been handed to the connection so far. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Bytes of these that have been proved to be with the client. */
  get provedBytes(): number {
    return this.#provedBytes;
  }

  /** Call after bytes have been handed to the connection. */
  sent(byteLength: number): void {
    this.#sentBytes += byteLength;
    if (this.#sentBytes - this.#probedBytes >= this.#gapBytes) this.#probe();
  }

  /** Call when the network has taken a part of what waited to be sent. */
  progressed(): void {
    this.#hasProgress = true;
  }

  /**
   * Takes the answer to a probe.
   * @returns Whether it proves that the client has read more than was known.
   */
  answered(payload: Uint8Array): boolean {
    if (payload.length !== PAYLOAD_BYTES) return false;
    const { buffer, byteOffset } = payload;
    const bytes = new DataView(buffer, byteOffset, PAYLOAD_BYTES).getFloat64(0);
    // Written so that NaN is refused too.
    if (!(bytes > this.#provedBytes && bytes <= this.#probedBytes)) return false;
    this.#provedBytes = bytes;
    this.#adaptGap();
    return true;
  }

  /**
   * Call once every `heartbeatIntervalMs`. It sends a probe while there is hope.
   * @returns Whether the client may still be there.
   */
  beat(): boolean {
    const read = this.#deps.bytesRead();
    const isAlive = this.#hasProgress || read !== this.#readBytes;
    this.#readBytes = read;
    this.#hasProgress = false;
    this.#silentBeats = isAlive ? 0 : this.#silentBeats + 1;
    if (this.#silentBeats > this.#patience()) return false;
    this.#probe();
    return true;
  }

  /**
   * Beats without a sign of life that are forgiven: while the client trains, and while it may read
   * what stands before the next answer.
   */
  #patience(): number {
    const { limits, isTraining } = this.#deps;
    const ahead = Math.min(this.#probedBytes - this.#provedBytes, this.#widestGapBytes);
    const beatMs = limits.heartbeatIntervalMs;
    const reading = Math.floor((1_000 * ahead) / limits.minReadBytesPerSecond / beatMs);
    const training = isTraining() ? Math.ceil(limits.trainingSilenceMs / beatMs) - 1 : 0;
    return Math.max(reading, training);
  }

  /** Works out from the client's pace after how many bytes the next probe follows. */
  #adaptGap(): void {
    const { clock, limits } = this.#deps;
    if (this.#provedBytes === this.#probedBytes) this.#widestGapBytes = this.#gapBytes;
    const nowMs = clock.elapsedMs();
    const { sinceMs, provedBytes } = this.#pace;
    if (nowMs - sinceMs < PACE_MS) return;
    const perSecond = (1_000 * (this.#provedBytes - provedBytes)) / (nowMs - sinceMs);
    const widest = WIDEST_GAP * limits.probeEveryBytes;
    // Halved at most, since a client that has had nothing to read for a while looks like a slow one.
    const least = Math.max(limits.probeEveryBytes, this.#gapBytes / 2);
    this.#gapBytes = Math.min(Math.max(perSecond, least), widest);
    this.#widestGapBytes = Math.max(this.#widestGapBytes, this.#gapBytes);
    this.#pace = { sinceMs: nowMs, provedBytes: this.#provedBytes };
  }

  #probe(): void {
    this.#probedBytes = this.#sentBytes;
    const payload = new Uint8Array(PAYLOAD_BYTES);
    new DataView(payload.buffer).setFloat64(0, this.#sentBytes);
    this.#deps.probe(payload);
  }
}
