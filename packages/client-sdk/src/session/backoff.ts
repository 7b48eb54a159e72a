import type { RandomSource } from "@tributary/protocol";

/** How the longest possible wait grows. */
export interface BackoffOptions {
  /** The longest possible first wait, milliseconds. */
  readonly baseMs: number;
  /** The limit that no wait exceeds, milliseconds. */
  readonly capMs: number;
}

/**
 * Half a second is enough after one lost connection. A minute spreads the clients of a server that
 * is starting again widely enough.
 */
export const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 500, capMs: 60_000 };

/**
 * Decides how long to wait before the next attempt. The wait is drawn uniformly between 0 and an
 * upper end that doubles with each attempt ("full jitter"), so that clients which lost a server at
 * the same moment do not come back at the same moment.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export class Backoff {
  readonly #random: RandomSource;
  readonly #options: BackoffOptions;
  #attempts = 0;

  constructor(random: RandomSource, options: BackoffOptions = DEFAULT_BACKOFF) {
    this.#random = random;
    this.#options = options;
  }

  /** Draws the next wait: whole milliseconds in [0, min(cap, base · 2^attempts)]. */
  nextMs(): number {
    const { baseMs, capMs } = this.#options;
    // The exponent is limited, so that the product stays exact. The cap is reached long before
    // that.
    const end = Math.min(capMs, baseMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return Math.round(uniform(this.#random) * end);
  }

  /** To be called when an attempt succeeded: the next wait is a first one again. */
  reset(): void {
    this.#attempts = 0;
  }
}

/** A number that is uniform in [0, 1), with 32 random bits. */
function uniform(random: RandomSource): number {
  const bytes = random.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) / 2 ** 32;
}
