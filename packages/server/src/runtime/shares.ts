import type { Clock } from "@tributary/protocol";
import { TokenBucket } from "./token-bucket.ts";

/**
 * Number of remembered names that are examined for each new one. It is more than one, so that names
 * are forgotten faster than new ones come.
 */
const SWEPT_AT_ONCE = 4;

/** How large each share is, and how many are remembered. */
export interface ShareSize {
  /** Number that may be taken at once; ≥ 1. */
  readonly burst: number;
  /** Number that comes back each second; > 0. */
  readonly perSecond: number;
  /** Number of names that are remembered; ≥ 1. */
  readonly maxNames: number;
}

/**
 * Limits a rate for each of many names, such as devices or addresses.
 *
 * Only a bounded number of names is remembered, those that took last. When more names than that
 * come before their shares are full again, the ones that took longest ago are forgotten and begin
 * with a full share.
 */
export class Shares {
  readonly #clock: Clock;
  readonly #size: ShareSize;
  /** In the order in which the names last took from their shares, the oldest first. */
  readonly #buckets: Map<string, TokenBucket> = new Map();

  constructor(clock: Clock, size: ShareSize) {
    this.#clock = clock;
    this.#size = size;
  }

  /** The number of names that are remembered. */
  get trackedCount(): number {
    return this.#buckets.size;
  }

  /** Takes one from the share of a name. Returns false if none is left. */
  take(name: string): boolean {
    const bucket = this.#buckets.get(name) ?? this.#newBucket();
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    return bucket.take();
  }

  /** Whether one is left in the share of a name. */
  hasLeft(name: string): boolean {
    return this.#buckets.get(name)?.hasToken ?? true;
  }

  /** Puts one back into the share of a name. */
  giveBack(name: string): void {
    this.#buckets.get(name)?.giveBack();
  }

  #newBucket(): TokenBucket {
    this.#sweep();
    return new TokenBucket(this.#clock, this.#size.burst, this.#size.perSecond);
  }

  /**
   * Forgets names that need not be remembered. It examines only a few for each new one, so that a
   * new name costs the same however many there are.
   */
  #sweep(): void {
    let looked = 0;
    for (const [name, bucket] of this.#buckets) {
      const isCrowded = this.#buckets.size >= this.#size.maxNames;
      if (++looked > SWEPT_AT_ONCE || !(isCrowded || bucket.isFull)) return;
      this.#buckets.delete(name);
    }
  }
}
