import { TributaryError } from "@tributary/protocol";

/**
 * Checks a server's address.
 * @returns The address in normal form.
 * @throws TributaryError `BAD_PARAMETER` when it is not a WebSocket URL; `INSECURE_URL` for `ws:`
 *   to any host but this machine.
 */
export function checkServerUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `The url ${JSON.stringify(text.slice(0, 200))} is not a URL`,
      {
        remedy: "Give an address such as wss://learn.example.org.",
        cause,
      },
    );
  }
  if (url.protocol !== "wss:" && url.protocol !== "ws:") {
    throw new TributaryError("BAD_PARAMETER", `The url begins with ${url.protocol}`, {
      remedy: "Give an address that begins with wss://.",
    });
  }
  if (url.hash !== "") {
    throw new TributaryError(
      "BAD_PARAMETER",
      "The url has a fragment, which WebSockets do not allow",
      {
        remedy: "Remove the # and what follows it.",
      },
    );
  }
  if (url.protocol === "ws:" && !isLoopback(url.hostname)) {
    throw new TributaryError("INSECURE_URL", `The url would reach ${url.hostname} without TLS`, {
      remedy: "Use wss://. An address with ws:// is accepted for this machine (loopback) only.",
    });
  }
  return url.href;
}

/** @param hostname - As `URL` returns it: IPv4 numbers in normal form, IPv6 in brackets. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
