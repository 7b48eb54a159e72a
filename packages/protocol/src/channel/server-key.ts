/**
 * The server's long-term keys: the secrets that it keeps, and the public key that a client pins.
 *
 * ```ts
 * const secrets = generateServerSecrets(cryptographicRandom(crypto));
 * formatServerKey(serverKeyOf(crypto, secrets)); // "tributary-key-v1:…", goes into the app
 * ```
 */
import { concatBytes } from "../bytes/encoding.ts";
import { TributaryError } from "../errors.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { RandomSource } from "../random/random-source.ts";
import { fromBase64Url, toBase64Url } from "../bytes/base64url.ts";

/**
 * The server's public key. An app has it built in, and its client refuses any server that cannot
 * prove to hold the secrets behind it.
 */
export interface ServerKey {
  /** X25519 public key of the channel, 32 bytes (RFC 7748). */
  readonly channel: Uint8Array;
  /** Ed25519 public key that verifies the signatures of plans, 32 bytes (RFC 8032). */
  readonly signing: Uint8Array;
}

/** The secrets behind a server key. Whoever has them can pose as the server. */
export interface ServerSecrets {
  /** X25519 secret of the channel, 32 bytes. */
  readonly channelSecret: Uint8Array;
  /** Ed25519 seed of the plan-signing key, 32 bytes (RFC 8032 §5.1.5). */
  readonly signingSeed: Uint8Array;
}

const KEY_PREFIX = "tributary-key-v1:";
const SECRET_PREFIX = "tributary-secret-v1:";

/**
 * Draws new secrets.
 * @param random - In production it must be the cryptographic source. 64 bytes of it are used.
 */
export function generateServerSecrets(random: RandomSource): ServerSecrets {
  return { channelSecret: random.bytes(32), signingSeed: random.bytes(32) };
}

/** Computes the public key that belongs to `secrets`, which are not modified. */
export function serverKeyOf(crypto: CryptoProvider, secrets: ServerSecrets): ServerKey {
  return {
    channel: crypto.x25519PublicKey(secrets.channelSecret),
    signing: crypto.ed25519PublicKey(secrets.signingSeed),
  };
}

/**
 * Writes a server key as one line of text: `tributary-key-v1:` and 86 base64url digits, which hold
 * the channel key and then the signing key.
 */
export function formatServerKey(key: ServerKey): string {
  return KEY_PREFIX + toBase64Url(concatBytes(key.channel, key.signing));
}

/**
 * Reads what `formatServerKey` wrote. White space around it is ignored.
 * @throws TributaryError `BAD_PARAMETER` for any other text; the text is not repeated in the error.
 */
export function parseServerKey(text: string): ServerKey {
  const [channel, signing] = parseHalves(text, KEY_PREFIX, "server key");
  return { channel, signing };
}

/**
 * Writes the secrets as one line of text: `tributary-secret-v1:` and 86 base64url digits. Never log
 * it.
 */
export function formatServerSecrets(secrets: ServerSecrets): string {
  return SECRET_PREFIX + toBase64Url(concatBytes(secrets.channelSecret, secrets.signingSeed));
}

/**
 * Reads what `formatServerSecrets` wrote. White space around it is ignored.
 * @throws TributaryError `BAD_PARAMETER` for any other text; the text is not repeated in the error.
 */
export function parseServerSecrets(text: string): ServerSecrets {
  const [channelSecret, signingSeed] = parseHalves(text, SECRET_PREFIX, "server secret");
  return { channelSecret, signingSeed };
}

/**
 * Reads a prefix and two values of 32 bytes. No error quotes the text, because it may be a secret
 * that somebody has put in the wrong place.
 * @param what - Names the text in errors.
 */
function parseHalves(text: string, prefix: string, what: string): [Uint8Array, Uint8Array] {
  const trimmed = text.trim();
  if (!trimmed.startsWith(prefix)) {
    throw badText(
      prefix === KEY_PREFIX && trimmed.startsWith(SECRET_PREFIX)
        ? "The text is the server's secret, and not its public key"
        : `The text is not a ${what}`,
      prefix,
    );
  }
  const bytes = fromBase64Url(trimmed.slice(prefix.length));
  if (bytes?.length !== 64) throw badText(`The ${what} is damaged or incomplete`, prefix);
  return [bytes.slice(0, 32), bytes.slice(32)];
}

function badText(message: string, prefix: string): TributaryError {
  return new TributaryError("BAD_PARAMETER", message, {
    remedy: `Give the whole line that begins with "${prefix}" from the output of \`tributary keys generate\`.`,
  });
}
