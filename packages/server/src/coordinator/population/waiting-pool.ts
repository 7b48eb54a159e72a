import { Tally } from "@tributary/core";
import type { SessionId } from "@tributary/protocol";
import type { WaitingClient } from "./participant.ts";

/** The clients of one population that wait to be selected, by session, by device and by site. */
export class WaitingPool {
  readonly #clients: Map<SessionId, WaitingClient> = new Map();
  /** The session of each device that waits, for the clients that have proved their device. */
  readonly #devices: Map<string, SessionId> = new Map();
  readonly #sites: Map<string, Set<SessionId>> = new Map();
  readonly #tally: Tally;

  /** @param siteShare - For how many clients one site counts at most in the view of another one. */
  constructor(siteShare: number) {
    this.#tally = new Tally(siteShare);
  }

  get size(): number {
    return this.#clients.size;
  }

  /** The clients in the order in which they came. */
  get clients(): Iterable<WaitingClient> {
    return this.#clients.values();
  }

  has(session: SessionId): boolean {
    return this.#clients.has(session);
  }

  /** The session over which a device waits; undefined when it does not. */
  sessionOf(device: string): SessionId | undefined {
    return this.#devices.get(device);
  }

  /** Number of clients in the view of one site: every other site counts for its share at most. */
  count(site: string): number {
    return this.#tally.boundedTotal(site);
  }

  /**
   * The client that gives way when one of another site comes and there is no room: the last one of
   * the site that has most. Undefined when no site has more than the newcomer's would have.
   */
  crowdedOutBy(site: string): WaitingClient | undefined {
    const { greatest } = this.#tally;
    if (greatest === undefined) return undefined;
    if (this.#tally.count(greatest) <= this.#tally.count(site) + 1) return undefined;
    const last = [...(this.#sites.get(greatest) ?? [])].at(-1);
    return last === undefined ? undefined : this.#clients.get(last);
  }

  add(client: WaitingClient): void {
    const { participant, offer } = client;
    const { sessionId, site } = participant;
    this.delete(sessionId);
    this.#clients.set(sessionId, client);
    this.#sites.set(site, (this.#sites.get(site) ?? new Set()).add(sessionId));
    this.#tally.add(site);
    if (offer.deviceId !== undefined) this.#devices.set(offer.deviceId, sessionId);
  }

  /** Takes a client out and returns it; undefined when it is not there. */
  delete(session: SessionId): WaitingClient | undefined {
    const client = this.#clients.get(session);
    if (client === undefined) return undefined;
    const { site } = client.participant;
    this.#clients.delete(session);
    const peers = this.#sites.get(site);
    if (peers?.delete(session) === true && peers.size === 0) this.#sites.delete(site);
    this.#tally.remove(site);
    const { deviceId } = client.offer;
    if (deviceId !== undefined) this.#devices.delete(deviceId);
    return client;
  }
}
