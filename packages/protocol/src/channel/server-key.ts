/**
 * The server's long-term keys: what it keeps secret and what a client pins.
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

/** What a client pins. */
export interface ServerKey {
  /** X25519 public key of the channel, 32 bytes. */
  readonly channel: Uint8Array;
  /** Ed25519 public key that signs plans, 32 bytes. */
  readonly signing: Uint8Array;
}

/** What the server alone holds. */
export interface ServerSecrets {
  /** X25519 secret of the channel, 32 bytes. */
  readonly channelSecret: Uint8Array;
  /** Ed25519 seed of the plan-signing key, 32 bytes (RFC 8032 §5.1.5). */
  readonly signingSeed: Uint8Array;
}

const KEY_PREFIX = "tributary-key-v1:";
const SECRET_PREFIX = "tributary-secret-v1:";

/** Draws new secrets. In production `random` must be the cryptographic source. */
export function generateServerSecrets(random: RandomSource): ServerSecrets {
  return { channelSecret: random.bytes(32), signingSeed: random.bytes(32) };
}

/** The public half of `secrets`. */
export function serverKeyOf(crypto: CryptoProvider, secrets: ServerSecrets): ServerKey {
  return {
    channel: crypto.x25519PublicKey(secrets.channelSecret),
    signing: crypto.ed25519PublicKey(secrets.signingSeed),
  };
}

/** One line of text: `tributary-key-v1:` and 86 base64url digits. */
export function formatServerKey(key: ServerKey): string {
  return KEY_PREFIX + toBase64Url(concatBytes(key.channel, key.signing));
}

/**
 * Reads what `formatServerKey` wrote; white space around it is ignored.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function parseServerKey(text: string): ServerKey {
  const [channel, signing] = parseHalves(text, KEY_PREFIX, "server key");
  return { channel, signing };
}

/** One line of text: `tributary-secret-v1:` and 86 base64url digits. Secret: never log it. */
export function formatServerSecrets(secrets: ServerSecrets): string {
  return SECRET_PREFIX + toBase64Url(concatBytes(secrets.channelSecret, secrets.signingSeed));
}

/**
 * Reads what `formatServerSecrets` wrote; white space around it is ignored.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function parseServerSecrets(text: string): ServerSecrets {
  const [channelSecret, signingSeed] = parseHalves(text, SECRET_PREFIX, "server secret");
  return { channelSecret, signingSeed };
}

/** The text is never quoted in an error: it may be a secret that was put in the wrong place. */
function parseHalves(text: string, prefix: string, what: string): [Uint8Array, Uint8Array] {
  const trimmed = text.trim();
  if (!trimmed.startsWith(prefix)) {
    throw badText(
      prefix === KEY_PREFIX && trimmed.startsWith(SECRET_PREFIX)
        ? "The text is the server's secret, where its public key belongs"
        : `The text is not a ${what}`,
      prefix,
    );
  }
  const bytes = fromBase64Url(trimmed.slice(prefix.length));
  if (bytes?.length !== 64) throw badText(`The ${what} is damaged or cut short`, prefix);
  return [bytes.slice(0, 32), bytes.slice(32)];
}

function badText(message: string, prefix: string): TributaryError {
  return new TributaryError("BAD_PARAMETER", message, {
    remedy: `Give the whole line that begins with "${prefix}", as \`tributary keys generate\` prints it.`,
  });
}
