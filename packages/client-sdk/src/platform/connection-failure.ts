import { TributaryError } from "@tributary/protocol";

const UNTRUSTED =
  "Give the certificate of the server, or of the authority that issued it, as tls.ca.";

/** What to do when no connection comes about, by the name that Node gives the error. */
const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Check the address and its port, and that the server runs.",
  ECONNRESET:
    "Check the address: a server that takes TLS cuts connections to ws://, so use wss:// with it.",
  ENOTFOUND: "Check the host in the address: no address is known for that name.",
  EAI_AGAIN: "Check the network and its name service.",
  ETIMEDOUT: "Check the network, and firewalls between this machine and the server.",
  EHOSTUNREACH: "Check the network: there is no way to that host.",
  ENETUNREACH: "Check the network: there is no way to that host.",
  EMFILE: "Raise the limit on open files of this process (ulimit -n).",
  ENFILE: "Raise the limit on open files of this machine (fs.file-max).",
  EPROTO: "Check the port: what listens there does not speak TLS, as wss:// asks for.",
  ERR_SSL_WRONG_VERSION_NUMBER:
    "Check the port: what listens there does not speak TLS, as wss:// asks for.",
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    "Check the port: what listens there does not speak TLS, as wss:// asks for.",
};

/** What to do when who answers has not the certificate that the client takes, by the same name. */
const CERTIFICATE_REMEDIES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: "Renew the server's certificate, or set the clock of this machine.",
  CERT_NOT_YET_VALID: "Set the clock of this machine, or wait until the certificate is valid.",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "Use a name that the server's certificate is for, or give that name as tls.servername.",
};

/** What to do when a proxy, or the way to it, is the cause. */
const PROXY_REMEDY =
  "Check the proxy's address, that it runs and that it lets this client reach the server (407 asks for " +
  "a user and a password in its address), or name the server in NO_PROXY.";

/**
 * How `ws` tells of an answer as captive portals give it, and web servers at a wrong address: a page,
 * the way to one, or 511 (RFC 6585 §6).
 */
const PORTAL_ANSWER = /^Unexpected server response: (2|3|511)/;

/** The errors of connections that end before anything was agreed on. */
const UNREACHABLE = /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOST|ENET|EPIPE)/;

/**
 * The error for a connection that did not come about, with a remedy for its cause.
 * @param proxy - The address of the proxy through which it was to go, if there is one.
 */
export function connectionFailure(cause: Error, proxy?: string): TributaryError {
  const way = proxy === undefined ? "" : ` through the proxy ${proxy}`;
  const clause = cause.message.trim().split("\n")[0] ?? "";
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  return new TributaryError(
    "CONNECTION_FAILED",
    `The server could not be reached${way}: ${clause}`,
    { remedy: remedyFor(cause, code, proxy !== undefined), context: contextOf(cause, code), cause },
  );
}

/** What `disconnectCause` looks for. */
function contextOf({ message }: Error, code: string): Readonly<Record<string, string>> {
  if (code in CERTIFICATE_REMEDIES) return { cause: "certificate" };
  return PORTAL_ANSWER.test(message) ? { cause: "captive-portal" } : {};
}

function remedyFor(cause: Error, code: string, isProxied: boolean): string {
  // `ws` gives an answer other than 101 no code.
  const isAnswer = cause.message.startsWith("Unexpected server response");
  const isFromProxy = isAnswer || UNREACHABLE.test(code) || cause.message.includes("roxy");
  if (isProxied && isFromProxy) return PROXY_REMEDY;
  if (PORTAL_ANSWER.test(cause.message)) {
    return "Sign in to the network in a browser if it asks for that; otherwise check the address.";
  }
  if (isAnswer) {
    return "Check the address: what answers there is no Tributary server, or a proxy in front of it.";
  }
  return (
    REMEDIES[code] ??
    CERTIFICATE_REMEDIES[code] ??
    "Check the address and that the server runs. If its certificate is self-signed, give it as tls.ca."
  );
}
