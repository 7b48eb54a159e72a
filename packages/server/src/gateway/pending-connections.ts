import { Tally } from "@tributary/core";
import { siteOf } from "../runtime/network-address.ts";

/** A connection that has not greeted. */
export interface PendingConnection {
  /** The client's address; undefined while a trusted proxy has not told it. */
  readonly address: string | undefined;
  /** Ends the connection, because another one needs its place. */
  readonly giveWay: () => void;
}

/** Stands for the addresses that trusted proxies have not told yet. */
const UNTOLD = "";

/**
 * The connections that have not greeted, by address. It knows which of them gives way when there
 * are too many: the oldest one of the address that has most, within the site that has most. An
 * address that holds many places therefore loses them to addresses that hold few.
 */
export class PendingConnections {
  /** By address, each in the order in which its connections came. */
  readonly #connections: Map<string, Set<PendingConnection>> = new Map();
  readonly #sites = new Tally();
  /** The addresses of each site. */
  readonly #addresses: Map<string, Tally> = new Map();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The connection that gives way to another one; undefined when there is none. */
  get first(): PendingConnection | undefined {
    const address = this.#addresses.get(this.#sites.greatest ?? UNTOLD)?.greatest ?? UNTOLD;
    return this.#connections.get(address)?.values().next().value;
  }

  add(connection: PendingConnection): void {
    const { address = UNTOLD } = connection;
    const site = siteOf(address);
    this.#connections.set(address, (this.#connections.get(address) ?? new Set()).add(connection));
    this.#sites.add(site);
    const addresses = this.#addresses.get(site) ?? new Tally();
    addresses.add(address);
    this.#addresses.set(site, addresses);
    this.#size += 1;
  }

  /** Takes a connection out. @returns Whether it was among them. */
  delete(connection: PendingConnection): boolean {
    const { address = UNTOLD } = connection;
    const peers = this.#connections.get(address);
    if (peers?.delete(connection) !== true) return false;
    if (peers.size === 0) this.#connections.delete(address);
    const site = siteOf(address);
    this.#sites.remove(site);
    const addresses = this.#addresses.get(site);
    addresses?.remove(address);
    if (addresses?.greatest === undefined) this.#addresses.delete(site);
    this.#size -= 1;
    return true;
  }
}
