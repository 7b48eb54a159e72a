import type { Limits } from "@tributary/protocol";

/** The length of a probe's payload, in bytes: one float64. */
const PAYLOAD_BYTES = 8;

/** What the heartbeat of one connection works with. */
export interface HeartbeatDeps {
  readonly limits: Pick<
    Limits,
    "heartbeatIntervalMs" | "probeEveryBytes" | "minReadBytesPerSecond"
  >;
  /** The bytes that have come over the connection so far. */
  readonly bytesRead: () => number;
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
 * sent before its probe, and the next answer is at most `probeEveryBytes` away. A client is given up
 * when it does not read these at `minReadBytesPerSecond`.
 */
export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  /** Bytes that have been handed to the connection. */
  #sentBytes = 0;
  /** What `#sentBytes` was when the last probe was sent. */
  #probedBytes = 0;
  /** Bytes that have been proved to be with the client. */
  #provedBytes = 0;
  /** What `bytesRead` was at the last beat. */
  #readBytes = -1;
  #hasProgress = false;
  /** Beats since the last sign of life. */
  #silentBeats = 0;

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
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
    if (this.#sentBytes - this.#probedBytes >= this.#deps.limits.probeEveryBytes) this.#probe();
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

  /** Beats that the client may take to read what stands before the next answer. */
  #patience(): number {
    const { heartbeatIntervalMs, probeEveryBytes, minReadBytesPerSecond } = this.#deps.limits;
    const ahead = Math.min(this.#probedBytes - this.#provedBytes, probeEveryBytes);
    const bytesPerBeat = (minReadBytesPerSecond * heartbeatIntervalMs) / 1_000;
    return Math.floor(ahead / bytesPerBeat);
  }

  #probe(): void {
    this.#probedBytes = this.#sentBytes;
    const payload = new Uint8Array(PAYLOAD_BYTES);
    new DataView(payload.buffer).setFloat64(0, this.#sentBytes);
    this.#deps.probe(payload);
  }
}
