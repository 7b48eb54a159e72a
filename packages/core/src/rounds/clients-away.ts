/**
 * Clients are counted by the second in which they are due. A second is short beside any wait that
 * is worth counting, and long enough to keep the number of counters small.
 */
const BUCKET_MS = 1_000;

/**
 * Counts the clients that have been told when to come back and are not due yet. It costs the same
 * for ten clients and for a million. Times are milliseconds of one clock that does not go back.
 */
export class ClientsAway {
  /** Number of clients by the second in which they are due. */
  readonly #due: Map<number, number> = new Map();
  /** Until when each client is away, so that a client which asks again early is counted once. */
  readonly #awayUntilMs: WeakMap<object, number> = new WeakMap();
  #total = 0;
  /** All counters of earlier seconds have been dropped. */
  #firstBucket: number;

  constructor(nowMs: number) {
    this.#firstBucket = bucketOf(nowMs);
  }

  /**
   * Counts a client as away.
   * @param client - Stands for the client; only its identity matters.
   * @param afterMs - After how long the client comes back; ≥ 0.
   */
  add(client: object, afterMs: number, nowMs: number): void {
    if ((this.#awayUntilMs.get(client) ?? 0) > nowMs) return;
    this.#awayUntilMs.set(client, nowMs + afterMs);
    const bucket = bucketOf(nowMs + afterMs);
    if (bucket <= bucketOf(nowMs)) return; // it comes back within this second
    this.#due.set(bucket, (this.#due.get(bucket) ?? 0) + 1);
    this.#total += 1;
  }

  /** Number of clients that are away now. */
  count(nowMs: number): number {
    const now = bucketOf(nowMs);
    if (now - this.#firstBucket > this.#due.size) {
      for (const bucket of this.#due.keys()) if (bucket <= now) this.#drop(bucket);
    } else {
      for (let bucket = this.#firstBucket; bucket <= now; bucket++) this.#drop(bucket);
    }
    this.#firstBucket = now;
    return this.#total;
  }

  #drop(bucket: number): void {
    this.#total -= this.#due.get(bucket) ?? 0;
    this.#due.delete(bucket);
  }
}

function bucketOf(atMs: number): number {
  return Math.floor(atMs / BUCKET_MS);
}
