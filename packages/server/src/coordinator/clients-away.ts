import type { Clock } from "./clock.ts";

/** Wide enough to be few, narrow beside any wait worth counting. */
const BUCKET_MS = 1_000;

/** How many clients have been told when to come back and are not due yet. Costs the same for ten or a million. */
export class ClientsAway {
  readonly #clock: Clock;
  /** Clients by the second in which they are due. */
  readonly #due: Map<number, number> = new Map();
  /** When each was last told to come back: who asks again before that is not one more. */
  readonly #told: WeakMap<object, number> = new WeakMap();
  #total = 0;
  /** Seconds before this one have passed. */
  #fromBucket: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#fromBucket = this.#bucket(0);
  }

  /** This client will be back after this long. */
  add(client: object, afterMs: number): void {
    const nowMs = this.#clock.now();
    if ((this.#told.get(client) ?? 0) > nowMs) return;
    this.#told.set(client, nowMs + afterMs);
    const bucket = this.#bucket(afterMs);
    if (bucket <= this.#bucket(0)) return; // as good as here
    this.#due.set(bucket, (this.#due.get(bucket) ?? 0) + 1);
    this.#total += 1;
  }

  get count(): number {
    const now = this.#bucket(0);
    if (now - this.#fromBucket > this.#due.size) {
      for (const bucket of this.#due.keys()) if (bucket <= now) this.#drop(bucket);
    } else {
      for (let bucket = this.#fromBucket; bucket <= now; bucket++) this.#drop(bucket);
    }
    this.#fromBucket = now;
    return this.#total;
  }

  #drop(bucket: number): void {
    this.#total -= this.#due.get(bucket) ?? 0;
    this.#due.delete(bucket);
  }

  #bucket(afterMs: number): number {
    return Math.floor((this.#clock.now() + afterMs) / BUCKET_MS);
  }
}
