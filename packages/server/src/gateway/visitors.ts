import type { Clock, Limits } from "@tributary/protocol";
import type { CutReason } from "../telemetry/server-event.ts";
import { AddressQuotas } from "./address-quotas.ts";
import { networkAddress } from "./network-address.ts";

/** One connection from its first packet, before TLS and HTTP, to its end. */
export interface Visitor {
  /** What is left of the time to greet, milliseconds. */
  readonly greetWithinMs: number;
  /** Names the client behind a trusted proxy, and says why it is refused if it is; one that has come directly has its name. */
  comesFrom(remoteAddress: string): CutReason | undefined;
  /** It has become a WebSocket, whose session keeps the deadline from here on. */
  upgraded(): void;
  /** It has finished handshake and `Hello`. */
  greeted(): void;
  /** Takes a request from its address's share. */
  takeRequest(): boolean;
  giveRequestBack(): void;
  /** It is gone; idempotent. */
  left(): void;
}

/** Everyone who is connected, known or not, and what each address may still do. */
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

  /** Connections that have not greeted. */
  get pendingCount(): number {
    return this.#pending;
  }

  /**
   * Takes a new connection in, or says why not.
   * @param remoteAddress - Undefined behind a trusted proxy, where nobody can tell before the request has been read.
   * @param onDeadline - Called if it has not become a WebSocket within `handshakeTimeoutMs`.
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
