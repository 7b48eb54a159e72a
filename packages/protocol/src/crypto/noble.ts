/**
 * The cryptographic primitives from noble: plain JavaScript, for platforms without WebAssembly and
 * for pages whose policy forbids it.
 *
 * ```ts
 * import { createNobleProvider } from "@tributary/protocol/crypto-noble";
 * const crypto = createNobleProvider();
 * ```
 */
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { TributaryError } from "../errors.ts";
import type { CryptoProvider } from "./crypto-provider.ts";
import { isWellFormedEd25519 } from "./ed25519-encoding.ts";
import { nobleSymmetric } from "./noble-symmetric.ts";
import { requireLength, smallOrderPoint } from "./require-length.ts";
import { webRandomBytes } from "./web-random.ts";

/** What the platform gives. */
export interface NobleProviderOptions {
  /**
   * New random bytes from the platform's cryptographic generator, as React Native has them in a
   * native module; `crypto.getRandomValues` when absent.
   */
  readonly randomBytes?: (length: number) => Uint8Array;
}

/**
 * Makes a provider. It keeps no state and no keys. JavaScript engines give no promise on how long an
 * operation takes, so the curves here protect a secret less against somebody who measures time on
 * the same machine than Web Crypto, libsodium or node:crypto do.
 * @throws TributaryError `ENGINE_UNAVAILABLE` where there is no cryptographic generator.
 */
export function createNobleProvider(options: NobleProviderOptions = {}): CryptoProvider {
  const randomBytes = options.randomBytes ?? webRandomBytes;
  requireGenerator(randomBytes);
  return {
    name: "noble",
    ...nobleSymmetric(randomBytes),
    x25519PublicKey(secretKey) {
      requireLength(secretKey, 32, "The X25519 secret");
      return x25519.getPublicKey(secretKey);
    },
    x25519(secretKey, publicKey) {
      requireLength(secretKey, 32, "The X25519 secret");
      requireLength(publicKey, 32, "The X25519 public key");
      try {
        return x25519.getSharedSecret(secretKey, publicKey);
      } catch (error) {
        // noble throws for nothing else once the lengths are right.
        throw smallOrderPoint(error);
      }
    },
    ed25519PublicKey(seed) {
      requireLength(seed, 32, "The Ed25519 seed");
      return ed25519.getPublicKey(seed);
    },
    ed25519Sign(seed, message) {
      requireLength(seed, 32, "The Ed25519 seed");
      return ed25519.sign(message, seed);
    },
    // Without the option, noble follows ZIP 215, which accepts encodings that RFC 8032 does not.
    ed25519Verify: (publicKey, message, signature) =>
      isWellFormedEd25519(publicKey, signature) &&
      ed25519.verify(signature, message, publicKey, { zip215: false }),
  };
}

/** @throws TributaryError `ENGINE_UNAVAILABLE` when the generator cannot be used. */
function requireGenerator(randomBytes: (length: number) => Uint8Array): void {
  try {
    randomBytes(1);
  } catch (error) {
    throw new TributaryError("ENGINE_UNAVAILABLE", "There is no generator of random bytes here", {
      remedy: "Give createNobleProvider the platform's own as randomBytes.",
      cause: error,
    });
  }
}
