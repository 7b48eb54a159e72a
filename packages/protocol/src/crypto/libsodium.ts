/**
 * The cryptographic primitives from libsodium, compiled to WebAssembly. It gives the same bytes as
 * node:crypto, and runs in browsers, workers and Node.
 *
 * ```ts
 * const crypto = await createLibsodiumProvider();
 * ```
 */
import { TributaryError } from "../errors.ts";
import type { CryptoProvider } from "./crypto-provider.ts";
import { isWellFormedEd25519 } from "./ed25519-encoding.ts";
import { requireKeyAndNonce, requireLength, smallOrderPoint } from "./require-length.ts";
import { webRandomBytes } from "./web-random.ts";

/** The authentication tag at the end of each ciphertext (RFC 8439 §2.8). */
const TAG_BYTES = 16;
/**
 * Data longer than this is hashed in pieces. libsodium copies its argument into WebAssembly memory,
 * which grows to the largest argument and never shrinks.
 */
const HASH_PIECE_BYTES = 262_144;

type Sodium = (typeof import("libsodium-wrappers-sumo"))["default"];

/**
 * Loads libsodium and makes a provider of it. The module (187 kB gzip) is fetched and instantiated
 * at the first call and not before, so that a server that uses node:crypto never loads it.
 *
 * libsodium's wrapper copies arguments, secrets too, into WebAssembly memory and frees them without
 * zeroing them.
 * @throws TributaryError `ENGINE_UNAVAILABLE` where libsodium cannot be loaded, because WebAssembly
 * or `crypto.getRandomValues` is missing.
 */
export async function createLibsodiumProvider(): Promise<CryptoProvider> {
  const sodium = await loadSodium();
  return {
    name: "libsodium",
    sha256: (data) => sha256(sodium, data),
    hmacSha256(key, data) {
      // The short form takes keys of exactly 32 bytes; the long form takes any.
      if (key.length === sodium.crypto_auth_hmacsha256_KEYBYTES) {
        return sodium.crypto_auth_hmacsha256(data, key);
      }
      const state = sodium.crypto_auth_hmacsha256_init(key);
      sodium.crypto_auth_hmacsha256_update(state, data);
      return sodium.crypto_auth_hmacsha256_final(state);
    },
    x25519PublicKey(secretKey) {
      requireLength(secretKey, 32, "The X25519 secret");
      return sodium.crypto_scalarmult_base(secretKey);
    },
    x25519(secretKey, publicKey) {
      requireLength(secretKey, 32, "The X25519 secret");
      requireLength(publicKey, 32, "The X25519 public key");
      try {
        return sodium.crypto_scalarmult(secretKey, publicKey);
      } catch (error) {
        // libsodium throws for nothing else once the lengths are right.
        throw smallOrderPoint(error);
      }
    },
    ed25519PublicKey(seed) {
      const { publicKey, privateKey } = ed25519KeyPair(sodium, seed);
      privateKey.fill(0);
      return publicKey;
    },
    ed25519Sign(seed, message) {
      const { privateKey } = ed25519KeyPair(sodium, seed);
      const signature = sodium.crypto_sign_detached(message, privateKey);
      privateKey.fill(0);
      return signature;
    },
    ed25519Verify: (publicKey, message, signature) =>
      isWellFormedEd25519(publicKey, signature) &&
      sodium.crypto_sign_verify_detached(signature, message, publicKey),
    seal(key, nonce, ad, plaintext, headroom = 0) {
      requireKeyAndNonce(key, nonce);
      const sealed = sodium.crypto_aead_chacha20poly1305_ietf_encrypt(
        plaintext,
        ad,
        null,
        nonce,
        key,
      );
      if (headroom === 0) return sealed;
      const framed = new Uint8Array(headroom + sealed.length);
      framed.set(sealed, headroom);
      return framed;
    },
    open(key, nonce, ad, ciphertext) {
      requireKeyAndNonce(key, nonce);
      if (ciphertext.length < TAG_BYTES) return undefined;
      try {
        return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, ciphertext, ad, nonce, key);
      } catch {
        // libsodium throws when the tag is wrong.
        return undefined;
      }
    },
    // libsodium's own generator draws from the same source, but only four bytes at a time: it takes
    // 300 ms for 70 kB in Node.
    randomBytes: webRandomBytes,
    equal: (a, b) => a.length === b.length && sodium.memcmp(a, b),
  };
}

async function loadSodium(): Promise<Sodium> {
  try {
    const { default: sodium } = await import("libsodium-wrappers-sumo");
    await sodium.ready;
    return sodium;
  } catch (error) {
    throw new TributaryError("ENGINE_UNAVAILABLE", "libsodium could not be loaded", {
      remedy: "It needs WebAssembly and crypto.getRandomValues. Pass another CryptoProvider.",
      cause: error,
    });
  }
}

/** SHA-256, in pieces when the data is long. */
function sha256(sodium: Sodium, data: Uint8Array): Uint8Array {
  if (data.length <= HASH_PIECE_BYTES) return sodium.crypto_hash_sha256(data);
  const state = sodium.crypto_hash_sha256_init();
  for (let start = 0; start < data.length; start += HASH_PIECE_BYTES) {
    sodium.crypto_hash_sha256_update(state, data.subarray(start, start + HASH_PIECE_BYTES));
  }
  return sodium.crypto_hash_sha256_final(state);
}

/** The key pair of a seed. The caller zeroes `privateKey`. */
function ed25519KeyPair(
  sodium: Sodium,
  seed: Uint8Array,
): { publicKey: Uint8Array; privateKey: Uint8Array } {
  requireLength(seed, 32, "The Ed25519 seed");
  return sodium.crypto_sign_seed_keypair(seed);
}
