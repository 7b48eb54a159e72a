/**
 * The cryptographic primitives of a browser: the curves from Web Crypto, which is native code, and
 * the rest from noble, since Web Crypto has neither ChaCha20 nor a synchronous hash.
 *
 * ```ts
 * import { createWebCryptoProvider } from "@tributary/protocol/crypto-web";
 * const crypto = await createWebCryptoProvider();
 * ```
 */
import { TributaryError } from "../errors.ts";
import type { ClientCrypto } from "./crypto-provider.ts";
import { isWellFormedEd25519 } from "./ed25519-encoding.ts";
import { nobleSymmetric } from "./noble-symmetric.ts";
import { requireLength, smallOrderPoint } from "./require-length.ts";
import { secretKeyDer, type Curve } from "./secret-key-der.ts";
import { webRandomBytes } from "./web-random.ts";

/** A key inside Web Crypto. */
interface WebKey {
  readonly type: string;
}

// The part of Web Crypto that is used. `protocol` compiles without the DOM's types.
declare const crypto: {
  readonly subtle: {
    importKey(
      format: "pkcs8" | "raw",
      bytes: Uint8Array,
      algorithm: Curve,
      extractable: boolean,
      usages: readonly ("deriveBits" | "sign" | "verify")[],
    ): Promise<WebKey>;
    exportKey(format: "jwk", key: WebKey): Promise<{ readonly x?: string }>;
    deriveBits(
      algorithm: { readonly name: "X25519"; readonly public: WebKey },
      secret: WebKey,
      bits: number,
    ): Promise<ArrayBuffer>;
    sign(algorithm: "Ed25519", key: WebKey, message: Uint8Array): Promise<ArrayBuffer>;
    verify(
      algorithm: "Ed25519",
      key: WebKey,
      signature: Uint8Array,
      message: Uint8Array,
    ): Promise<boolean>;
  };
};
declare function atob(text: string): string;

/** The u coordinate of X25519's base point (RFC 7748 §4.1). */
const BASE_POINT = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 9 : 0));

/**
 * Tries whether this browser's Web Crypto has both curves, and makes a provider of it. Secrets are
 * imported as keys that cannot be taken out again, except for the moment in which the public half of
 * an Ed25519 seed is read.
 * @throws TributaryError `ENGINE_UNAVAILABLE` where Web Crypto or one of its curves is missing:
 *   before Chromium 137, Firefox 130 and Safari 17, and on a page that was loaded without TLS.
 */
export async function createWebCryptoProvider(): Promise<ClientCrypto> {
  try {
    await x25519PublicKey(BASE_POINT);
    await ed25519PublicKey(BASE_POINT);
  } catch (error) {
    throw new TributaryError("ENGINE_UNAVAILABLE", "Web Crypto lacks X25519 or Ed25519 here", {
      remedy: "Use createLibsodiumProvider, or createNobleProvider where there is no WebAssembly.",
      cause: error,
    });
  }
  return {
    name: "webcrypto",
    ...nobleSymmetric(webRandomBytes),
    x25519PublicKey,
    x25519,
    ed25519PublicKey,
    async ed25519Sign(seed, message) {
      const key = await importSecret("Ed25519", seed, "sign", false);
      return new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
    },
    async ed25519Verify(publicKey, message, signature) {
      if (!isWellFormedEd25519(publicKey, signature)) return false;
      try {
        const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
        return await crypto.subtle.verify("Ed25519", key, signature, message);
      } catch {
        // Browsers refuse a key that is no point of the curve.
        return false;
      }
    },
  };
}

/** Web Crypto tells the public half of no key that it keeps, but it multiplies the base point. */
function x25519PublicKey(secretKey: Uint8Array): Promise<Uint8Array> {
  return x25519(secretKey, BASE_POINT);
}

async function x25519(secretKey: Uint8Array, publicKey: Uint8Array): Promise<Uint8Array> {
  requireLength(publicKey, 32, "The X25519 public key");
  const secret = await importSecret("X25519", secretKey, "deriveBits", false);
  let shared: Uint8Array;
  try {
    const point = await crypto.subtle.importKey("raw", publicKey, "X25519", false, []);
    const algorithm = { name: "X25519", public: point } as const;
    shared = new Uint8Array(await crypto.subtle.deriveBits(algorithm, secret, 256));
  } catch (error) {
    throw smallOrderPoint(error);
  }
  // The specification has browsers refuse an all-zero result; older ones of them might not.
  if (shared.every((byte) => byte === 0)) throw smallOrderPoint();
  return shared;
}

async function ed25519PublicKey(seed: Uint8Array): Promise<Uint8Array> {
  const { x = "" } = await crypto.subtle.exportKey(
    "jwk",
    await importSecret("Ed25519", seed, "sign", true),
  );
  const text = atob(x.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Hands a secret to Web Crypto. The copy that this needs is zeroed. */
async function importSecret(
  curve: Curve,
  secret: Uint8Array,
  usage: "deriveBits" | "sign",
  extractable: boolean,
): Promise<WebKey> {
  const der = secretKeyDer(curve, secret);
  try {
    return await crypto.subtle.importKey("pkcs8", der, curve, extractable, [usage]);
  } finally {
    der.fill(0);
  }
}
