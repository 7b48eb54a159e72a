import type { Clock, Limits } from "@tributary/protocol";
import type { CutReason } from "../telemetry/server-event.ts";
import { AddressQuotas } from "./address-quotas.ts";
import { networkAddress } from "./network-address.ts";

/** One connection, from its first packet, before TLS and HTTP, to its end. */
export interface Visitor {
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
  #pending = 0;

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#quotas = new AddressQuotas(clock, limits);
  }

  /** Number of connections that have not greeted. */
  get pendingCount(): number {
    return this.#pending;
  }

  /**
   * Admits a new connection, or returns the reason why it is refused.
   * @param remoteAddress - The client's address. Undefined for a connection from a trusted proxy,
   *   where the client's address is only known once the request has been read.
   * @param onDeadline - Called if the connection has not become a WebSocket within
   *   `handshakeTimeoutMs`.
   */
  enter(remoteAddress: string | undefined, onDeadline: () => void): Visitor | CutReason {
    if (this.#pending >= this.#limits.maxPendingConnections) return "too-many-pending";
    let address: string | undefined;
    const arrive = (remote: string): CutReason | undefined => {
      const from = networkAddress(remote);
      const refused = this.#quotas.open(from);
      if (refused === undefined) address = from;
      return refused;
    };
    const refused = remoteAddress === undefined ? undefined : arrive(remoteAddress);
    if (refused !== undefined) return refused;

    const { handshakeTimeoutMs } = this.#limits;
    const clock = this.#clock;
    const quotas = this.#quotas;
    const deadlineMs = clock.now() + handshakeTimeoutMs;
    const cancelDeadline = clock.schedule(handshakeTimeoutMs, onDeadline);
    let stage: "pending" | "greeted" | "gone" = "pending";
    this.#pending += 1;
    const leavePending = (next: "greeted" | "gone"): void => {
      if (stage === "pending") this.#pending -= 1;
      stage = next;
    };
    return {
      get greetWithinMs() {
        return Math.max(0, deadlineMs - clock.now());
      },
      comesFrom: (remote) => (address === undefined ? arrive(remote) : undefined),
      upgraded: cancelDeadline,
      greeted() {
        if (stage === "pending") leavePending("greeted");
      },
      takeRequest: () => address === undefined || quotas.takeRequest(address),
      giveRequestBack() {
        if (address !== undefined) quotas.giveRequestBack(address);
      },
      left() {
        if (stage === "gone") return;
        leavePending("gone");
        cancelDeadline();
        if (address !== undefined) quotas.close(address);
      },
    };
  }
}
