import type { Clock } from "@tributary/protocol";

/** The shortest time between two reports, milliseconds: ten a second look smooth. */
const INTERVAL_MS = 100;

/** The time over which the rate is smoothed, milliseconds: a short stall changes the estimate little. */
const SMOOTHING_MS = 5_000;

/** How far a transfer has come. */
export interface Transferred {
  /** Bytes that have come, those of earlier connections included. */
  readonly bytes: number;
  /** Bytes in all. */
  readonly totalBytes: number;
  /** An estimate of the time that is left, by the rate of the last seconds. */
  readonly secondsLeft: number;
}

/**
 * Turns the bytes that a transfer has brought into reports for an app: at most ten a second, and none
 * of a transfer that takes less than a tenth of one.
 */
export class TransferProgress {
  readonly #clock: Clock;
  readonly #totalBytes: number;
  readonly #show: (transferred: Transferred) => void;
  #shownMs: number;
  #shownBytes: number;
  /** Bytes a millisecond, smoothed; undefined until the first report. */
  #rate: number | undefined;

  /** @param bytes - What earlier connections have brought. */
  constructor(
    clock: Clock,
    { bytes, totalBytes }: Omit<Transferred, "secondsLeft">,
    show: (transferred: Transferred) => void,
  ) {
    this.#clock = clock;
    this.#totalBytes = totalBytes;
    this.#show = show;
    this.#shownMs = clock.elapsedMs();
    this.#shownBytes = bytes;
  }

  /** Takes note of how many bytes have come in all. A number that is not above the last one is ignored. */
  came(bytes: number): void {
    const nowMs = this.#clock.elapsedMs();
    const passedMs = nowMs - this.#shownMs;
    if (bytes <= this.#shownBytes || passedMs < INTERVAL_MS) return;
    const rate = (bytes - this.#shownBytes) / passedMs;
    const weight = 1 - Math.exp(-passedMs / SMOOTHING_MS);
    this.#rate = this.#rate === undefined ? rate : this.#rate + weight * (rate - this.#rate);
    this.#shownMs = nowMs;
    this.#shownBytes = bytes;
    const totalBytes = this.#totalBytes;
    const secondsLeft = (totalBytes - bytes) / this.#rate / 1_000;
    this.#show({ bytes, totalBytes, secondsLeft });
  }
}
