import type { IncomingMessage } from "node:http";
import { TributaryError, type Clock, type Limits } from "@tributary/protocol";
import type { Logger } from "../runtime/logger.ts";
import { networkAddress } from "../runtime/network-address.ts";
import { Shares } from "../runtime/shares.ts";
import type { EventPublisher } from "../telemetry/event-feed.ts";

const SECONDS_A_MINUTE = 60;

export interface WrongTokensDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly events: EventPublisher;
}

/**
 * Notices wrong tokens and slows whoever tries many. Each address may show a number of wrong tokens
 * a minute. After that its requests are refused before their tokens are looked at, so that a guess
 * which happens to be right is of no use either.
 */
export class WrongTokens {
  readonly #deps: WrongTokensDeps;
  readonly #attempts: Shares;

  constructor(deps: WrongTokensDeps) {
    this.#deps = deps;
    const { wrongAdminTokensPerMinute: burst, maxTrackedAddresses: maxNames } = deps.limits;
    this.#attempts = new Shares(deps.clock, {
      burst,
      perSecond: burst / SECONDS_A_MINUTE,
      maxNames,
    });
  }

  /** @throws TributaryError `RATE_LIMITED` when the request's address has shown too many. */
  refuseGuesser(request: IncomingMessage): void {
    if (this.#attempts.hasLeft(addressOf(request))) return;
    this.#deps.events.publish({ type: "admin-token-refused", reason: "too-many" });
    const { wrongAdminTokensPerMinute: perMinute } = this.#deps.limits;
    throw new TributaryError("RATE_LIMITED", "Too many wrong admin tokens came from this address", {
      remedy: "Wait, and then ask with a token of this server.",
      retryAfterMs: (1_000 * SECONDS_A_MINUTE) / perMinute,
    });
  }

  /**
   * Notes a wrong token, without the token itself.
   * @param revoked - The id of the token if it has been revoked.
   */
  note(request: IncomingMessage, revoked?: string): void {
    const address = addressOf(request);
    this.#attempts.take(address);
    this.#deps.events.publish({ type: "admin-token-refused", reason: "wrong" });
    this.#deps.logger.warn("wrong admin token", {
      address,
      ...(revoked === undefined ? {} : { revoked }),
    });
  }
}

const addressOf = ({ socket }: IncomingMessage): string =>
  networkAddress(socket.remoteAddress ?? "unknown");
