import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import proxyAddr from "proxy-addr";
import { TributaryError } from "@tributary/protocol";

/**
 * The operator's own proxies, whose word on where a client comes from is taken.
 *
 * `X-Forwarded-For` is written from left to right: each proxy adds at its end who came to it, and whatever a client has
 * written itself stands further left. So it is read from the right, through addresses of trusted proxies alone, to the
 * first that is not one. A client can make no entry right of its own.
 */
export class TrustedProxies {
  readonly #trusts: (address: string) => boolean;

  /**
   * @param addresses - IPv4 or IPv6 addresses, networks in CIDR form, or `loopback`, `linklocal`, `uniquelocal`.
   * @throws TributaryError `CONFIG_INVALID`, also for a network that is everything: then clients could name themselves.
   */
  constructor(addresses: readonly string[]) {
    try {
      const trusts = proxyAddr.compile([...addresses]);
      this.#trusts = (address) => trusts(address, 0);
    } catch (error) {
      throw new TributaryError(
        "CONFIG_INVALID",
        `A trusted proxy is not valid: ${error instanceof Error ? error.message : ""}`,
        {
          remedy:
            "Give addresses such as 10.0.0.7, networks such as 10.0.0.0/24, or one of loopback, linklocal, uniquelocal.",
          cause: error,
        },
      );
    }
  }

  /** @param remote - As a socket tells it. */
  trusts(remote: string): boolean {
    return this.#trusts(remote);
  }

  /** The address that a request of a trusted proxy was made from. */
  clientOf(request: IncomingMessage): string {
    const hops = proxyAddr.all(request, this.#trusts);
    // What is no address is nobody's: the proxy that passed it on answers for it, with its own share of the limits.
    return hops.findLast((hop) => isIP(hop) !== 0) ?? request.socket.remoteAddress ?? "";
  }
}
