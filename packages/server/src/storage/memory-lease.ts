import type { Clock, TributaryError } from "@tributary/protocol";
import type { Lease, LeaseClaim, LeaseHolder } from "./lease.ts";

/** What the `MemoryLease`s of one store share. */
export class MemoryLeaseRow {
  holder: LeaseHolder | undefined;
  epoch = 0;
  endsAtMs = 0;
}

/** A `Lease` in memory, for servers of one process that share a store. */
export class MemoryLease implements Lease {
  readonly #row: MemoryLeaseRow;
  readonly #clock: Clock;
  readonly #onBlock: (error: TributaryError | undefined) => void;
  #epoch = 0;

  /**
   * @param row - Shared by the servers.
   * @param onBlock - Makes the store fail every call from then on, until it gets `undefined`.
   */
  constructor(
    row: MemoryLeaseRow,
    clock: Clock,
    onBlock: (error: TributaryError | undefined) => void,
  ) {
    this.#row = row;
    this.#clock = clock;
    this.#onBlock = onBlock;
  }

  async claim(holder: LeaseHolder, durationMs: number, evicted?: number): Promise<LeaseClaim> {
    const row = this.#row;
    const expiresInMs = row.endsAtMs - this.#clock.elapsedMs();
    if (row.holder !== undefined && expiresInMs > 0 && row.epoch !== evicted) {
      return { taken: false, holder: row.holder, epoch: row.epoch, expiresInMs };
    }
    row.epoch += 1;
    row.holder = holder;
    row.endsAtMs = this.#clock.elapsedMs() + durationMs;
    this.#epoch = row.epoch;
    return { taken: true };
  }

  async renew(durationMs: number): Promise<boolean> {
    if (this.#row.epoch !== this.#epoch) return false;
    this.#row.endsAtMs = this.#clock.elapsedMs() + durationMs;
    return true;
  }

  async release(): Promise<void> {
    if (this.#row.epoch === this.#epoch) this.#row.endsAtMs = this.#clock.elapsedMs();
  }

  block(error: TributaryError | undefined): void {
    this.#onBlock(error);
  }
}
