// Checks enrolment tokens. They are JWTs (RFC 7519) in the compact form, signed by the app's own
// backend. The checks follow RFC 8725, the best current practice for JWTs.
import { TributaryError, utf8, utf8Decode, type CryptoProvider } from "@tributary/protocol";
import type { TokenRules } from "../storage/access-store.ts";

/** What a valid token says about the client. */
export interface EnrolmentClaims {
  /** The device that the token was made for; undefined when any device may use it. */
  readonly subject: string | undefined;
  /**
   * The token's name, which every copy of it has: the SHA-256 of its `jti` or, without one, of what
   * is signed; hexadecimal.
   */
  readonly name: string;
}

/** What a token is checked against. */
export interface TokenCheck {
  readonly crypto: CryptoProvider;
  readonly rules: TokenRules;
  /** The population, which must be in the token's `aud`. */
  readonly audience: string;
  readonly nowMs: number;
}

/** Subjects appear in tables, paths and logs, so they may hold visible ASCII characters only. */
const SUBJECT = /^[\x21-\x7e]{1,128}$/;

/**
 * Checks a token. The signature comes first, and nothing in the payload is read before it has been
 * verified.
 *
 * The token cannot choose the algorithm (RFC 8725 §3.1): a header that names any other than EdDSA
 * is refused, and so is `none`. Keys come from the policy alone; `kid`, `jwk`, `jku` and `x5u` are
 * ignored (§3.10).
 * @throws TributaryError `TOKEN_EXPIRED`, or `TOKEN_INVALID` for everything else.
 */
export function checkEnrolmentToken(token: string, check: TokenCheck): EnrolmentClaims {
  const { crypto, rules, audience } = check;
  const parts = token.split(".");
  const [header, payload, signature] = parts.map(fromBase64Url);
  if (parts.length !== 3 || header === undefined || payload === undefined || !signature) {
    throw invalid("It is not a signed JWT in the compact form");
  }
  checkHeader(jsonObject(header, "header"));
  const signed = utf8(`${parts[0]}.${parts[1]}`);
  const isSigned = rules.keys.some((text) => {
    const key = fromBase64Url(text);
    return key !== undefined && crypto.ed25519Verify(key, signed, signature);
  });
  if (!isSigned) throw invalid("No key of the population's policy has signed it");

  const claims = jsonObject(payload, "payload");
  if (claims["iss"] !== rules.issuer)
    throw invalid("Its issuer is not that of the population's policy");
  const { aud } = claims as { aud?: unknown };
  if (aud !== audience && !(Array.isArray(aud) && aud.includes(audience))) {
    throw invalid("Its audience is not this population");
  }
  checkTimes(claims, check.nowMs / 1_000, rules);
  const { sub, jti } = claims as { sub?: unknown; jti?: unknown };
  const named = typeof jti === "string" ? utf8(`${rules.issuer} ${jti}`) : signed;
  const name = Buffer.from(crypto.sha256(named)).toString("hex");
  if (sub === undefined) return { subject: undefined, name };
  if (typeof sub !== "string" || !SUBJECT.test(sub)) {
    throw invalid("Its subject is not 1 to 128 visible ASCII characters");
  }
  return { subject: sub, name };
}

function checkHeader(header: Readonly<Record<string, unknown>>): void {
  if (header["alg"] !== "EdDSA") throw invalid("Its algorithm is not EdDSA");
  // `crit` names extensions that a verifier must understand, and this one understands none (RFC
  // 7515 §4.1.11).
  if (header["crit"] !== undefined) throw invalid("It has critical extensions");
  const { typ } = header as { typ?: unknown };
  if (typ !== undefined && (typeof typ !== "string" || typ.toUpperCase() !== "JWT")) {
    throw invalid("Its type is not JWT");
  }
}

/** Checks `exp`, `nbf` and `iat`. All times are in seconds since the Unix epoch. */
function checkTimes(
  claims: Readonly<Record<string, unknown>>,
  now: number,
  { clockSkewSeconds: skew, maximumLifetimeSeconds: longest }: TokenRules,
): void {
  const exp = timeOf(claims, "exp");
  if (exp === undefined) throw invalid("It has no expiry");
  if ((timeOf(claims, "nbf") ?? now) > now + skew) throw invalid("It is not valid yet");
  if ((timeOf(claims, "iat") ?? now) > now + skew) throw invalid("It was issued in the future");
  if (exp <= now - skew) {
    throw new TributaryError("TOKEN_EXPIRED", "The enrolment token has expired", {
      remedy: "Get a new one from the app's backend.",
      retryAfterMs: EXPIRED_RETRY_MS,
    });
  }
  // A token that does not say when it was issued may live no longer from now on.
  const issued = timeOf(claims, "iat") ?? now + skew;
  if (exp - issued > longest) {
    throw invalid(`It is valid for longer than ${longest} seconds, which the policy allows`);
  }
}

function timeOf(claims: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value))
    throw invalid(`Its ${name} is not a number`);
  return value;
}

function jsonObject(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(utf8Decode(bytes));
  } catch {
    throw invalid(`Its ${what} is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`Its ${what} is not a JSON object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** Decodes base64url strictly: only the one canonical text of some bytes is accepted. */
function fromBase64Url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? new Uint8Array(bytes) : undefined;
}

/**
 * Milliseconds after which a client with an expired token may ask again. A client that gets a new
 * token from its backend asks again at once.
 */
const EXPIRED_RETRY_MS = 60_000;

/**
 * Milliseconds after which a refused client may ask again. The wait is long, because nothing
 * changes until a person does something.
 */
export const REFUSED_RETRY_MS = 600_000;

function invalid(cause: string): TributaryError {
  return new TributaryError("TOKEN_INVALID", `The enrolment token is not valid: ${cause}`, {
    remedy: "Have the app's backend sign one for this population.",
    retryAfterMs: REFUSED_RETRY_MS,
  });
}
