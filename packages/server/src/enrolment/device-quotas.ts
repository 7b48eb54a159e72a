import type { Limits } from "@tributary/protocol";
import type { Clock } from "../runtime/clock.ts";
import { TokenBucket } from "../runtime/token-bucket.ts";

/** Devices looked at for each new one: more than one, so that what can be forgotten becomes less. */
const SWEPT_AT_ONCE = 4;

/**
 * What each device may still ask, over however many connections and addresses it comes. Only devices that have proven
 * who they are may be named here: a name that is merely claimed would let a stranger use up its owner's share.
 *
 * Remembers the devices seen last, a bounded number of them. Where more come within the time in which a bucket fills
 * again, those seen longest ago get a new one early: their addresses still have their own limits.
 */
export class DeviceQuotas {
  readonly #clock: Clock;
  readonly #limits: Limits;
  /** In the order in which they last asked. */
  readonly #buckets: Map<string, TokenBucket> = new Map();

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Devices that are remembered. */
  get trackedCount(): number {
    return this.#buckets.size;
  }

  /** Takes one request from the device's share, if there is one left. */
  takeRequest(device: string): boolean {
    const bucket = this.#buckets.get(device) ?? this.#newBucket();
    this.#buckets.delete(device);
    this.#buckets.set(device, bucket);
    return bucket.take();
  }

  giveRequestBack(device: string): void {
    this.#buckets.get(device)?.giveBack();
  }

  #newBucket(): TokenBucket {
    this.#sweep();
    const { requestBurstPerDevice, requestsPerSecondPerDevice } = this.#limits;
    return new TokenBucket(this.#clock, requestBurstPerDevice, requestsPerSecondPerDevice);
  }

  /** Looks at a few devices for each new one, so that a flood of them costs the same for each. */
  #sweep(): void {
    let looked = 0;
    for (const [device, bucket] of this.#buckets) {
      const isCrowded = this.#buckets.size >= this.#limits.maxTrackedDevices;
      if (++looked > SWEPT_AT_ONCE || !(isCrowded || bucket.isFull)) return;
      this.#buckets.delete(device);
    }
  }
}
