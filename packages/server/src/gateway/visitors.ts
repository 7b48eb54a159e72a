import type { Clock, Limits } from "@tributary/protocol";
import type { CutReason } from "../telemetry/server-event.ts";
import { AddressQuotas } from "./address-quotas.ts";
import { networkAddress, siteOf } from "../runtime/network-address.ts";
import { PendingConnections, type PendingConnection } from "./pending-connections.ts";

/** One connection, from its first packet, before TLS and HTTP, to its end. */
export interface Visitor {
  /** The site of the client's address; empty while a trusted proxy has not told the address. */
  readonly site: string;
  /** The client's address: an IPv4 address or an IPv6 network; empty while no proxy has told it. */
  readonly address: string;
  /** Milliseconds that are left for the handshake and `Hello`; ≥ 0. */
  readonly greetWithinMs: number;
  /**
   * Sets the address of a client behind a trusted proxy, once the proxy has told it. It does
   * nothing for a client that is connected directly, since its address is known.
   * @returns Why the client is refused; undefined when it is not.
   */
  comesFrom(remoteAddress: string): CutReason | undefined;
  /** Call when the connection has become a WebSocket. Its session now keeps the deadline. */
  upgraded(): void;
  /** Call when the client has finished the handshake and sent `Hello`. */
  greeted(): void;
  /** Takes one request from the share of the client's address. Returns false if none is left. */
  takeRequest(): boolean;
  /** Returns a request to the share of the client's address. */
  giveRequestBack(): void;
  /** Call when the connection has closed; idempotent. */
  left(): void;
}

/**
 * Keeps count of all connections, including those that have not greeted, and of what each address
 * may still do.
 */
export class Visitors {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #quotas: AddressQuotas;
  readonly #pending = new PendingConnections();

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#quotas = new AddressQuotas(clock, limits);
  }

  /** Number of connections that have not greeted. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * Admits a new connection, or returns the reason why it is refused. When too many connections
   * have not greeted, one of those that came earlier is cut in its place.
   * @param remoteAddress - The client's address. Undefined for a connection from a trusted proxy,
   *   where the client's address is only known once the request has been read.
   * @param cut - Ends the connection. It is called if the connection has not become a WebSocket
   *   within `handshakeTimeoutMs`, or gives way to another one before it has greeted.
   */
  enter(remoteAddress: string | undefined, cut: (reason: CutReason) => void): Visitor | CutReason {
    const quotas = this.#quotas;
    let address: string | undefined;
    const arrive = (remote: string): CutReason | undefined => {
      const from = networkAddress(remote);
      const refused = quotas.open(from);
      if (refused === undefined) address = from;
      return refused;
    };
    const refused = remoteAddress === undefined ? undefined : arrive(remoteAddress);
    if (refused !== undefined) return refused;
    if (this.#pending.size >= this.#limits.maxPendingConnections) this.#pending.first?.giveWay();

    const { handshakeTimeoutMs } = this.#limits;
    const clock = this.#clock;
    const deadlineMs = clock.elapsedMs() + handshakeTimeoutMs;
    const cancelDeadline = clock.schedule(handshakeTimeoutMs, () => cut("handshake-timeout"));
    const waiting = (): PendingConnection => ({ address, giveWay: () => cut("too-many-pending") });
    let pending = waiting();
    this.#pending.add(pending);
    const leavePending = (): boolean => this.#pending.delete(pending);
    let hasLeft = false;
    return {
      get site() {
        return siteOf(address ?? "");
      },
      get address() {
        return address ?? "";
      },
      get greetWithinMs() {
        return Math.max(0, deadlineMs - clock.elapsedMs());
      },
      comesFrom: (remote) => {
        if (address !== undefined) return undefined;
        const reason = arrive(remote);
        if (reason === undefined && leavePending()) this.#pending.add((pending = waiting()));
        return reason;
      },
      upgraded: cancelDeadline,
      greeted: leavePending,
      takeRequest: () => address === undefined || quotas.takeRequest(address),
      giveRequestBack() {
        if (address !== undefined) quotas.giveRequestBack(address);
      },
      left: () => {
        if (hasLeft) return;
        hasLeft = true;
        leavePending();
        cancelDeadline();
        if (address !== undefined) quotas.close(address);
      },
    };
  }
}
