// Signs enrolment tokens, as an app's backend does. The tokens are made by hand, so that a test can
// make any part of them invalid.
import { utf8 } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { TokenRules } from "../src/storage/access-store.ts";

const crypto = createNodeCryptoProvider();

export const ISSUER = "https://app.example";
export const BACKEND_SEED: Uint8Array = new Uint8Array(32).fill(7);
export const RULES: TokenRules = {
  issuer: ISSUER,
  keys: [base64Url(crypto.ed25519PublicKey(BACKEND_SEED))],
  clockSkewSeconds: 60,
  maximumLifetimeSeconds: 604_800,
  devicesPerToken: 1,
};

export function base64Url(data: Uint8Array | string): string {
  return Buffer.from(data).toString("base64url");
}

export interface TokenOptions {
  /** The population; `writers` unless set. */
  readonly aud?: unknown;
  readonly nowMs: number;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly seed?: Uint8Array;
}

/** Makes a token that is valid for ten minutes, unless the options say otherwise. */
export function mintToken(options: TokenOptions): string {
  const { aud = "writers", nowMs, claims, header, seed = BACKEND_SEED } = options;
  const now = Math.floor(nowMs / 1_000);
  const input = [
    { alg: "EdDSA", typ: "JWT", ...header },
    { iss: ISSUER, aud, iat: now, exp: now + 600, ...claims },
  ]
    .map((part) => base64Url(JSON.stringify(part)))
    .join(".");
  return `${input}.${base64Url(crypto.ed25519Sign(seed, utf8(input)))}`;
}
