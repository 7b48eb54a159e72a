// Guards of an admin API without a token: whoever passes them may do everything, so that only
// programs of this machine may pass.
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { TributaryError } from "@tributary/protocol";

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const LOOPBACK_ADDRESS = /^(?:::ffff:)?127(?:\.\d{1,3}){3}$|^::1$/;

/** Headers with which proxies say that they pass a request on for somebody else. */
const FORWARDING_HEADER =
  /^(?:forwarded|via|x-(?:original-)?forwarded(?:-.*)?|x-real-(?:ip|port)|(?:x-)?(?:true-|cluster-)?client-ip|x-original-(?:host|url)|x-envoy-.*|x-amzn-trace-id|x-azure-.*|cf-.*|cdn-loop|fastly-.*|fly-.*|x-appengine-.*|x-cloud-trace-context)$/;

/**
 * Lets a request through that comes from a program of this machine.
 *
 * A web page can make a browser send requests to loopback in two ways. It can point a name of its
 * own there (DNS rebinding), which `Host` reveals. Or it can send a form without reading the
 * answer, which `Origin` and `Sec-Fetch-Site` reveal.
 */
export const requireLoopback: RequestHandler = (request, _response, next) => {
  if (!LOOPBACK_ADDRESS.test(request.socket.remoteAddress ?? "")) {
    throw refused("Without a token the admin API answers only this machine");
  }
  if (!LOOPBACK_HOST.test(request.headers.host ?? "")) {
    throw refused("Without a token the admin API answers only under a loopback name");
  }
  if (request.method !== "GET" && request.method !== "HEAD" && isFromPage(request)) {
    throw refused("Without a token the admin API makes no changes for web pages of other origins");
  }
  next();
};

/**
 * Refuses a request that a proxy on this machine has passed on. It comes from loopback like those
 * of local programs, and anyone may have sent it to the proxy. It is known by its headers, or by
 * HTTP 1.0, which nginx speaks unless it is told otherwise, and local programs do not.
 * @throws TributaryError `ADMIN_FORBIDDEN`, which says what is known.
 */
export function refuseForwarded({ headers, httpVersion }: IncomingMessage): void {
  const header = Object.keys(headers).find((name) => FORWARDING_HEADER.test(name));
  const sign = header?.slice(0, 64) ?? (httpVersion === "1.0" ? "HTTP 1.0" : undefined);
  if (sign === undefined) return;
  throw refused(
    `Without a token the admin API answers no proxy, and the request seems to come from one: ${sign}`,
    { sign },
  );
}

/** Whether a request comes from a web page of another origin. */
function isFromPage(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const own = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  return !own || (site !== undefined && site !== "same-origin" && site !== "none");
}

function refused(cause: string, context: Readonly<Record<string, string>> = {}): TributaryError {
  return new TributaryError("ADMIN_FORBIDDEN", cause, {
    remedy:
      "Ask from a program on the server's machine, or start the server with an admin token: " +
      "the environment variable TRIBUTARY_ADMIN_TOKEN.",
    context,
  });
}
