import type { Clock, Limits } from "@tributary/protocol";
import { TokenBucket } from "../runtime/token-bucket.ts";

const SWEPT_AT_ONCE = 8;

interface Usage {
  connections: number;
  readonly opening: TokenBucket;
  readonly requests: TokenBucket;
}

/**
 * What each address has used of its share, asked before anything is spent on a connection or a request. Remembers a
 * bounded number of addresses without a connection, those seen last.
 */
export class AddressQuotas {
  readonly #clock: Clock;
  readonly #limits: Limits;
  /** In the order in which they were last seen opening a connection. */
  readonly #usage: Map<string, Usage> = new Map();

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Addresses that are remembered. */
  get trackedCount(): number {
    return this.#usage.size;
  }

  /** Counts a new connection in, unless the address has too many or opens them too fast. */
  open(address: string): "address-connections" | "address-rate" | undefined {
    const usage = this.#usage.get(address) ?? this.#newUsage();
    this.#usage.delete(address);
    this.#usage.set(address, usage);
    if (usage.connections >= this.#limits.maxConnectionsPerAddress) return "address-connections";
    if (!usage.opening.take()) return "address-rate";
    usage.connections += 1;
    return undefined;
  }

  /** Counts out a connection that `open` had counted in. */
  close(address: string): void {
    const usage = this.#usage.get(address);
    if (usage === undefined) return;
    usage.connections -= 1;
    if (isForgettable(usage)) this.#usage.delete(address);
  }

  /** Takes one request from the address's share. */
  takeRequest(address: string): boolean {
    return this.#usage.get(address)?.requests.take() ?? true;
  }

  giveRequestBack(address: string): void {
    this.#usage.get(address)?.requests.giveBack();
  }

  #newUsage(): Usage {
    this.#sweep();
    const clock = this.#clock;
    const limits = this.#limits;
    return {
      connections: 0,
      opening: new TokenBucket(
        clock,
        limits.connectionBurstPerAddress,
        limits.connectionsPerSecondPerAddress,
      ),
      requests: new TokenBucket(
        clock,
        limits.requestBurstPerAddress,
        limits.requestsPerSecondPerAddress,
      ),
    };
  }

  /** Looks at a few addresses for each new one, so that a flood of addresses costs the same for each. */
  #sweep(): void {
    let looked = 0;
    for (const [address, usage] of this.#usage) {
      if (++looked > SWEPT_AT_ONCE) return;
      const isCrowded = this.#usage.size >= this.#limits.maxTrackedAddresses;
      if (isForgettable(usage) || (isCrowded && usage.connections === 0)) {
        this.#usage.delete(address);
      } else if (usage.connections > 0) {
        this.#usage.delete(address);
        this.#usage.set(address, usage);
      } else {
        return; // all behind it were seen later
      }
    }
  }
}

function isForgettable(usage: Usage): boolean {
  return usage.connections === 0 && usage.opening.isFull && usage.requests.isFull;
}
