import type { RandomSource } from "@tributary/protocol";

export interface BackoffOptions {
  /** Upper end of the first wait, milliseconds. */
  readonly baseMs: number;
  /** Upper end of every wait, milliseconds. */
  readonly capMs: number;
}

/** Half a second is enough after a lost connection; a minute keeps a crowd bearable for a server that is coming up. */
export const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 500, capMs: 60_000 };

/**
 * How long to wait before trying again: uniformly between 0 and an end that doubles with each attempt ("full
 * jitter"), so that clients which lost a server together do not come back together.
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

  /** The next wait, whole milliseconds in [0, min(cap, base · 2^attempts)]. */
  nextMs(): number {
    const { baseMs, capMs } = this.#options;
    // The exponent is held where doubling stays exact; the cap is long reached by then.
    const end = Math.min(capMs, baseMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return Math.round(uniform(this.#random) * end);
  }

  /** Something worked: the next wait is a first one again. */
  reset(): void {
    this.#attempts = 0;
  }
}

/** Uniform in [0, 1), 32 bits fine. */
function uniform(random: RandomSource): number {
  const bytes = random.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) / 2 ** 32;
}
