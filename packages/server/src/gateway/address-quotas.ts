import type { Clock, Limits } from "@tributary/protocol";
import { TokenBucket } from "../runtime/token-bucket.ts";

/** Number of remembered addresses that are examined for each new one. */
const SWEPT_AT_ONCE = 8;

/** What one address has used. */
interface Usage {
  /** Open connections. */
  connections: number;
  readonly opening: TokenBucket;
  readonly requests: TokenBucket;
}

/**
 * Bounds the connections and the requests of each address. It is asked before the server does any
 * work for a connection or a request. Of the addresses without a connection it remembers a bounded
 * number, those that were seen last.
 */
export class AddressQuotas {
  readonly #clock: Clock;
  readonly #limits: Limits;
  /** In the order in which the addresses last opened a connection, the oldest first. */
  readonly #usage: Map<string, Usage> = new Map();

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Number of addresses that are remembered. */
  get trackedCount(): number {
    return this.#usage.size;
  }

  /**
   * Counts a new connection of an address.
   * @returns Why the connection is refused, in which case it is not counted: the address has too
   *   many, or opens them too fast. Undefined when it is admitted.
   */
  open(address: string): "address-connections" | "address-rate" | undefined {
    const usage = this.#usage.get(address) ?? this.#newUsage();
    this.#usage.delete(address);
    this.#usage.set(address, usage);
    if (usage.connections >= this.#limits.maxConnectionsPerAddress) return "address-connections";
    if (!usage.opening.take()) return "address-rate";
    usage.connections += 1;
    return undefined;
  }

  /** Counts the end of a connection that `open` has admitted. */
  close(address: string): void {
    const usage = this.#usage.get(address);
    if (usage === undefined) return;
    usage.connections -= 1;
    if (isForgettable(usage)) this.#usage.delete(address);
  }

  /** Takes one request from the address's share. Returns false if none is left. */
  takeRequest(address: string): boolean {
    return this.#usage.get(address)?.requests.take() ?? true;
  }

  /** Returns a request to the address's share. */
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

  /**
   * Forgets addresses that need not be remembered. It examines only a few for each new one, so that
   * a new address costs the same however many there are.
   */
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
        return; // all addresses after this one were seen later
      }
    }
  }
}

/** Whether an address that is forgotten and comes back is treated the same as if it was not. */
function isForgettable(usage: Usage): boolean {
  return usage.connections === 0 && usage.opening.isFull && usage.requests.isFull;
}
