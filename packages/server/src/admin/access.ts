// Who may ask. With a token: whoever shows it. Without one: programs of this machine, but not the web pages that a browser of
// this machine has open, which reach loopback addresses too.
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { TributaryError, utf8, type CryptoProvider } from "@tributary/protocol";

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const LOOPBACK_ADDRESS = /^(?:::ffff:)?127(?:\.\d{1,3}){3}$|^::1$/;

/** The headers that a browser needs to do nothing else with an answer than hand it to whoever asked. */
const PROTECTIVE_HEADERS = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
} as const;

/** Sets headers on every answer. */
export const protect: RequestHandler = (_request, response, next) => {
  response.set(PROTECTIVE_HEADERS);
  next();
};

/**
 * Lets a request through that shows the bearer token.
 * @param token - Not empty.
 * @throws TributaryError `CONFIG_INVALID` for an empty token.
 */
export function requireToken(token: string, crypto: CryptoProvider): RequestHandler {
  if (token === "") {
    throw new TributaryError("CONFIG_INVALID", "The admin token is empty", {
      remedy: "Give a token of at least 16 random characters, or none on loopback.",
    });
  }
  const digest = (text: string): Uint8Array => crypto.sha256(utf8(text));
  const expected = digest(token);
  return (request, _response, next) => {
    const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    // Digests have one length, so that the time of the comparison tells nothing, not even how long the token is.
    if (given !== undefined && crypto.equal(digest(given), expected)) {
      next();
      return;
    }
    throw new TributaryError(
      "ADMIN_UNAUTHORIZED",
      given === undefined
        ? "The admin API needs a token and the request has none"
        : "The admin token is wrong",
      {
        remedy:
          'Send the header "authorization: Bearer TOKEN" with the token the server was started with.',
      },
    );
  };
}

/**
 * Lets a request through that comes from a program of this machine.
 *
 * A page of the web can make a browser send requests to loopback: under a name of its own that it has pointed there (DNS
 * rebinding), which shows in `Host`; or blindly, as a form, which shows in `Origin` and `Sec-Fetch-Site`.
 */
export const requireLoopback: RequestHandler = (request, _response, next) => {
  const refuse = (cause: string): TributaryError =>
    new TributaryError("ADMIN_FORBIDDEN", cause, {
      remedy:
        "Ask from a program on the server's machine, or start the server with an admin token.",
    });
  if (!LOOPBACK_ADDRESS.test(request.socket.remoteAddress ?? "")) {
    throw refuse("Without a token the admin API answers only this machine");
  }
  if (!LOOPBACK_HOST.test(request.headers.host ?? "")) {
    throw refuse("Without a token the admin API answers only under a loopback name");
  }
  if (request.method !== "GET" && request.method !== "HEAD" && isFromPage(request)) {
    throw refuse("Without a token the admin API takes no orders from web pages of other origins");
  }
  next();
};

function isFromPage(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const own = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  return !own || (site !== undefined && site !== "same-origin" && site !== "none");
}
