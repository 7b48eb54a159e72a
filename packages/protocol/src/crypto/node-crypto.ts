/**
 * The cryptographic primitives from node:crypto, which is OpenSSL's native code. It is two to three
 * times as fast as libsodium in WebAssembly.
 *
 * ```ts
 * import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
 * const crypto = createNodeCryptoProvider();
 * ```
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  randomFillSync,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from "node:crypto";

import type { CryptoProvider } from "./crypto-provider.ts";
import { isWellFormedEd25519 } from "./ed25519-encoding.ts";
import { requireKeyAndNonce, requireLength, smallOrderPoint } from "./require-length.ts";
import { secretKeyDer, type Curve } from "./secret-key-der.ts";

const CIPHER = "chacha20-poly1305";
const TAG_BYTES = 16;

/**
 * Makes the provider for Node. It keeps no state and no keys. Secrets that are handed to OpenSSL
 * cannot be zeroed: the library's copy lives until the key object is collected.
 */
export function createNodeCryptoProvider(): CryptoProvider {
  const secretKeyObject = secretKeyReader();
  return {
    name: "node",
    sha256,
    hmacSha256,
    x25519PublicKey: (secretKey) => publicBytes(secretKeyObject("X25519", secretKey)),
    x25519(secretKey, publicKey) {
      const keys = {
        privateKey: secretKeyObject("X25519", secretKey),
        publicKey: publicKeyObject("X25519", publicKey),
      };
      let shared: Uint8Array;
      try {
        shared = plain(diffieHellman(keys));
      } catch (error) {
        throw smallOrderPoint(error);
      }
      // OpenSSL refuses an all-zero result itself. Another library behind node:crypto, such as
      // BoringSSL, might not.
      if (shared.every((byte) => byte === 0)) throw smallOrderPoint();
      return shared;
    },
    ed25519PublicKey: (seed) => publicBytes(secretKeyObject("Ed25519", seed)),
    ed25519Sign: (seed, message) => plain(sign(null, message, secretKeyObject("Ed25519", seed))),
    ed25519Verify(publicKey, message, signature) {
      if (!isWellFormedEd25519(publicKey, signature)) return false;
      try {
        return verify(null, message, publicKeyObject("Ed25519", publicKey), signature);
      } catch {
        return false;
      }
    },
    seal(key, nonce, ad, plaintext, headroom = 0) {
      requireKeyAndNonce(key, nonce);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(ad, { plaintextLength: plaintext.length });
      const end = headroom + plaintext.length;
      // This memory is not zeroed first, since every byte of it is written below. It does not come
      // from Buffer's pool, which it would keep alive for as long as the caller holds the result.
      const sealed = plain(Buffer.allocUnsafeSlow(end + TAG_BYTES));
      sealed.fill(0, 0, headroom);
      sealed.set(cipher.update(plaintext), headroom);
      cipher.final();
      sealed.set(cipher.getAuthTag(), end);
      return sealed;
    },
    open(key, nonce, ad, ciphertext) {
      requireKeyAndNonce(key, nonce);
      const end = ciphertext.length - TAG_BYTES;
      if (end < 0) return undefined;
      const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(ciphertext.subarray(end));
      decipher.setAAD(ad, { plaintextLength: end });
      const plaintext = plain(decipher.update(ciphertext.subarray(0, end)));
      try {
        decipher.final();
      } catch {
        // The plaintext is not authentic, so nobody may see it.
        plaintext.fill(0);
        return undefined;
      }
      return plaintext;
    },
    randomBytes: (length) => randomFillSync(new Uint8Array(length)),
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  };
}

/** The SHA-256 of data. A text of 32 characters comes out of OpenSSL sooner than a `Buffer`. */
function sha256(data: Uint8Array): Uint8Array {
  const characters = hash("sha256", data, "binary");
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let i = 0; i < DIGEST_BYTES; i++) digest[i] = characters.charCodeAt(i);
  return digest;
}

const DIGEST_BYTES = 32;

/** The bytes of a block of SHA-256. */
const BLOCK_BYTES = 64;

/** The most bytes of which `hmacSha256` makes the HMAC itself. */
const MOST_SHORT = 256;

/** What the two digests of an HMAC are of. Zeros between two calls. */
const INNER = new Uint8Array(BLOCK_BYTES + MOST_SHORT);
const OUTER = new Uint8Array(BLOCK_BYTES + DIGEST_BYTES);

/**
 * HMAC-SHA-256. For a short text it is made of two digests (RFC 2104), which take a third of the time
 * that it takes Node to make an object for it. Randomness from a seed is drawn in this way, several
 * times for each client of a simulation.
 */
function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  if (key.length > BLOCK_BYTES || data.length > MOST_SHORT) {
    return plain(createHmac("sha256", key).update(data).digest());
  }
  for (let i = 0; i < BLOCK_BYTES; i++) {
    const byte = i < key.length ? key[i]! : 0;
    INNER[i] = byte ^ 0x36;
    OUTER[i] = byte ^ 0x5c;
  }
  INNER.set(data, BLOCK_BYTES);
  OUTER.set(sha256(INNER.subarray(0, BLOCK_BYTES + data.length)), BLOCK_BYTES);
  const code = sha256(OUTER);
  INNER.fill(0);
  OUTER.fill(0);
  return code;
}

/**
 * The same memory as a plain `Uint8Array`. A `Buffer`'s `slice` shares memory, where that of a
 * `Uint8Array` copies, and callers rely on the copy.
 */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Turns a raw secret of 32 bytes into OpenSSL's key object. */
type SecretKeyReader = (curve: Curve, secret: Uint8Array) => KeyObject;

/**
 * Chooses how raw secrets become key objects. Node 20 accepts a JWK without the public half, which
 * is ten times as fast there as DER (40 µs against 430 µs). Newer versions of Node compare the two
 * halves and refuse an empty one; there DER is as fast. One attempt with a made-up secret tells
 * which Node this is.
 */
function secretKeyReader(): SecretKeyReader {
  try {
    secretFromJwk("X25519", new Uint8Array(32).fill(1));
    return secretFromJwk;
  } catch {
    return secretFromDer;
  }
}

/** A key object by way of a JWK (RFC 8037) whose public half `x` is empty. */
function secretFromJwk(curve: Curve, secret: Uint8Array): KeyObject {
  requireLength(secret, 32, `The ${curve} secret`);
  const jwk = { kty: "OKP", crv: curve, x: "", d: base64Url(secret) };
  return createPrivateKey({ key: jwk, format: "jwk" });
}

/** A key object by way of PKCS #8 in DER. The copy of the secret is zeroed. */
function secretFromDer(curve: Curve, secret: Uint8Array): KeyObject {
  const der = secretKeyDer(curve, secret);
  try {
    const key = Buffer.from(der.buffer);
    return createPrivateKey({ key, format: "der", type: "pkcs8" });
  } finally {
    der.fill(0);
  }
}

function publicKeyObject(curve: Curve, key: Uint8Array): KeyObject {
  requireLength(key, 32, `The ${curve} public key`);
  return createPublicKey({ key: { kty: "OKP", crv: curve, x: base64Url(key) }, format: "jwk" });
}

/** The public half of a key object, 32 bytes: new and plain. */
function publicBytes(secret: KeyObject): Uint8Array {
  const { x } = createPublicKey(secret).export({ format: "jwk" });
  return Uint8Array.from(Buffer.from(x ?? "", "base64url"));
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}
