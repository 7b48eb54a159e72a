import {
  opaqueId,
  utf8,
  type AdminTokenId,
  type CryptoProvider,
  type RandomSource,
} from "@tributary/protocol";

/** The two parts of a token that a request shows. */
interface TokenParts {
  /** Names the token's record. It is not a secret. */
  readonly id: AdminTokenId;
  readonly secret: string;
}

/** A token: its id, a full stop and its secret. */
const FORM = /^(tok_[0-9a-f]{32})\.([A-Za-z0-9_-]{43})$/;

/**
 * Makes an admin token: its id, a full stop and 32 random bytes in base64url.
 *
 * The store keeps only the SHA-256 of the secret. A slow password hash, which makes guesses at weak
 * secrets expensive, would gain nothing: nobody can guess one of 2²⁵⁶ random secrets, and every
 * request would be slower.
 * @returns The token, which is shown once, and what is stored of it.
 */
export function makeToken(
  crypto: CryptoProvider,
  random: RandomSource,
): { readonly id: AdminTokenId; readonly token: string; readonly digest: Uint8Array } {
  const id = opaqueId("tok", random.bytes(16)) as AdminTokenId;
  const secret = Buffer.from(random.bytes(32)).toString("base64url");
  return { id, token: `${id}.${secret}`, digest: crypto.sha256(utf8(secret)) };
}

/**
 * Splits a token into its id and its secret.
 * @returns undefined when the text does not have the form of a token.
 */
export function readToken(text: string): TokenParts | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id: id as AdminTokenId, secret };
}
