import type { Clock, Limits } from "@tributary/protocol";
import { TokenBucket } from "../runtime/token-bucket.ts";

/**
 * Number of remembered devices that are examined for each new one. It is more than one, so that
 * devices are forgotten faster than new ones come.
 */
const SWEPT_AT_ONCE = 4;

/**
 * Counts how many requests each device may still send, over all of its connections and addresses.
 * Callers name only devices that have proven who they are. Otherwise a stranger could use up the
 * share of a device by claiming its name.
 *
 * Only a bounded number of devices is remembered, those that asked last. When more devices than
 * that come before their buckets are full again, the ones that asked longest ago are forgotten and
 * begin with a full bucket. The limits of their addresses still hold.
 */
export class DeviceQuotas {
  readonly #clock: Clock;
  readonly #limits: Limits;
  /** In the order in which the devices last sent a request, the oldest first. */
  readonly #buckets: Map<string, TokenBucket> = new Map();

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The number of devices that are remembered. */
  get trackedCount(): number {
    return this.#buckets.size;
  }

  /** Takes one request from the device's share. Returns false if none is left. */
  takeRequest(device: string): boolean {
    const bucket = this.#buckets.get(device) ?? this.#newBucket();
    this.#buckets.delete(device);
    this.#buckets.set(device, bucket);
    return bucket.take();
  }

  /** Returns a request to the device's share. */
  giveRequestBack(device: string): void {
    this.#buckets.get(device)?.giveBack();
  }

  #newBucket(): TokenBucket {
    this.#sweep();
    const { requestBurstPerDevice, requestsPerSecondPerDevice } = this.#limits;
    return new TokenBucket(this.#clock, requestBurstPerDevice, requestsPerSecondPerDevice);
  }

  /**
   * Forgets devices that need not be remembered. It examines only a few for each new one, so that a
   * new device costs the same however many there are.
   */
  #sweep(): void {
    let looked = 0;
    for (const [device, bucket] of this.#buckets) {
      const isCrowded = this.#buckets.size >= this.#limits.maxTrackedDevices;
      if (++looked > SWEPT_AT_ONCE || !(isCrowded || bucket.isFull)) return;
      this.#buckets.delete(device);
    }
  }
}
