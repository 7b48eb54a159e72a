import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import proxyAddr from "proxy-addr";
import { TributaryError } from "@tributary/protocol";

/**
 * The operator's own proxies. The server believes what they say about a client's address.
 *
 * Each proxy appends to `X-Forwarded-For` the address that connected to it. Entries that a client
 * has written itself therefore stand further to the left. The header is read from the right, past
 * the addresses of trusted proxies, up to the first address that is not one of them. This is the
 * client's, because a client cannot write an entry to the right of its own.
 */
export class TrustedProxies {
  readonly #trusts: (address: string) => boolean;

  /**
   * @param addresses - IPv4 or IPv6 addresses, networks in CIDR form, or one of the names
   *   `loopback`, `linklocal` and `uniquelocal`.
   * @throws TributaryError `CONFIG_INVALID` for anything else, and for a network that contains all
   *   addresses: with it, clients could choose their own address.
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
            "Give addresses such as 10.0.0.7, networks such as 10.0.0.0/24, " +
            "or one of loopback, linklocal, uniquelocal.",
          cause: error,
        },
      );
    }
  }

  /**
   * Whether an address is that of a trusted proxy.
   * @param remote - The remote address as a socket gives it.
   */
  trusts(remote: string): boolean {
    return this.#trusts(remote);
  }

  /** Returns the address of the client whose request a trusted proxy has passed on. */
  clientOf(request: IncomingMessage): string {
    const hops = proxyAddr.all(request, this.#trusts);
    // An entry that is not an address names nobody. The address to its right then counts, which is
    // that of the proxy that passed the entry on.
    return hops.findLast((hop) => isIP(hop) !== 0) ?? request.socket.remoteAddress ?? "";
  }
}
