import type { Agent } from "node:http";
import { TributaryError } from "@tributary/protocol";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";

/** A proxy that the environment names, for one connection. */
export interface Proxy {
  /** Its address for people to read, without the password that it may have. */
  readonly name: string;
  readonly agent: Agent;
  /**
   * Gives up what is still being agreed on with the proxy. Without this, a proxy that never answers
   * would keep a socket open for each connection that was tried.
   */
  giveUp(): void;
}

/**
 * Looks up the proxy for a connection in `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`,
 * in lower case first. Every connection, also one without TLS, is led through it with CONNECT.
 * @param url - The server's address, `wss:` or `ws:`.
 * @returns `undefined` when the connection is to go directly.
 * @throws TributaryError `BAD_PARAMETER` when the proxy's address is not one of an HTTP proxy.
 */
export function proxyFor(url: string): Proxy | undefined {
  // The variables are named after the protocols of HTTP.
  const named = getProxyForUrl(url.replace(/^ws/, "http"));
  if (named === "") return undefined;
  const address = parseProxy(named);
  const giveUp = new AbortController();
  return {
    name: `${address.protocol}//${address.host}`,
    agent: new HttpsProxyAgent(address.href, { signal: giveUp.signal }),
    giveUp: () => giveUp.abort(),
  };
}

/** @param named - What the variable holds, or the protocol of the URL followed by that. */
function parseProxy(named: string): URL {
  const [protocol = "", host = ""] = named.split("://", 2);
  // A bare host and port means a proxy that is spoken to without TLS, as for other programs.
  const isBare = !environmentHas(named);
  const text = isBare ? `http://${host}` : named;
  if (URL.canParse(text) && (isBare || protocol === "http" || protocol === "https")) {
    return new URL(text);
  }
  // The address is not shown, since it may have a password.
  throw new TributaryError("BAD_PARAMETER", "The environment names a proxy that is no HTTP proxy", {
    remedy:
      "Set HTTPS_PROXY (or ALL_PROXY) to an address such as http://proxy.example.org:3128, name " +
      "the server in NO_PROXY, or give the client an agent for the proxy that you have.",
  });
}

function environmentHas(value: string): boolean {
  return ["https_proxy", "http_proxy", "all_proxy"].some(
    (name) => process.env[name] === value || process.env[name.toUpperCase()] === value,
  );
}
