/**
 * The part of the protocol's cryptography that needs no curves: hashes, the cipher, random bytes.
 * It is synchronous, since every record of a channel goes through it.
 *
 * Results are plain `Uint8Array`s with memory of their own, and never views of an argument.
 * Arguments are not modified. A key or nonce of the wrong length throws `BAD_PARAMETER`.
 */
export interface SymmetricCrypto {
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 (RFC 2104), 32 bytes. The key may have any length. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /**
   * Encrypts and authenticates with ChaCha20-Poly1305 (RFC 8439 §2.8).
   * @param key - 32 bytes.
   * @param nonce - 12 bytes, never used twice with one key.
   * @param ad - Associated data, which is authenticated but not encrypted; any length.
   * @param headroom - How many zero bytes to leave in front of the ciphertext, so that the caller
   * can write a header there without a copy; 0 when absent.
   * @returns New bytes: the headroom, the ciphertext, the 16-byte tag.
   * @throws TributaryError `BAD_PARAMETER` for a key or nonce of another length.
   */
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    ad: Uint8Array,
    plaintext: Uint8Array,
    headroom?: number,
  ): Uint8Array;
  /**
   * Decrypts what `seal` made without headroom.
   * @param ciphertext - Ciphertext and tag.
   * @returns New bytes, or `undefined` when the tag is wrong: another key, nonce or associated
   * data, or altered bytes. The library compares tags in constant time.
   * @throws TributaryError `BAD_PARAMETER` for a key or nonce of another length.
   */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    ad: Uint8Array,
    ciphertext: Uint8Array,
  ): Uint8Array | undefined;
  /** New bytes from the platform's cryptographic random generator. */
  randomBytes(length: number): Uint8Array;
  /**
   * Whether two byte strings are equal. For equal lengths the time taken does not depend on the
   * content, so that it tells an attacker nothing about a secret. It is `false` when the lengths
   * differ.
   */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}

/** A value, or a promise of it. */
type Awaitable<Value> = Value | Promise<Value>;

/**
 * The cryptographic primitives that a client uses. Those of the curves may be asynchronous, as Web
 * Crypto has them; everything that is said of `SymmetricCrypto` is true of them too. Every adapter
 * gives the same bytes. An adapter that has to load something does so in its factory.
 *
 * Each adapter runs the conformance suite `cryptoProviderCases` from `@tributary/protocol/testing`.
 */
export interface ClientCrypto extends SymmetricCrypto {
  /** The adapter's name in logs: `libsodium`, `node`, `noble` or `webcrypto`. */
  readonly name: string;
  /** X25519 public key of a 32-byte secret (RFC 7748 §6.1). */
  x25519PublicKey(secretKey: Uint8Array): Awaitable<Uint8Array>;
  /**
   * The secret that two X25519 keys share, 32 bytes (RFC 7748 §6.1).
   * @throws TributaryError `HANDSHAKE_FAILED` when the result is all zero. That happens for a
   * public key of small order, and such a secret is known to everybody.
   */
  x25519(secretKey: Uint8Array, publicKey: Uint8Array): Awaitable<Uint8Array>;
  /** Ed25519 public key of a 32-byte seed (RFC 8032 §5.1.5). */
  ed25519PublicKey(seed: Uint8Array): Awaitable<Uint8Array>;
  /** Ed25519 signature, 64 bytes (RFC 8032 §5.1.6). */
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Awaitable<Uint8Array>;
  /**
   * Whether an Ed25519 signature is valid (RFC 8032 §5.1.7). It is `false`, and nothing is thrown,
   * for any malformed input, for a key or an R of small order, and for an encoding that is not
   * canonical.
   *
   * Adapters agree on every signature that was made as RFC 8032 says, and on every forgery by
   * somebody who lacks the secret. They may differ on a signature that the holder of the secret
   * built with a component of small order, because the RFC leaves it open whether the cofactor is
   * multiplied out (libsodium does so, OpenSSL does not). So do not use the validity of a signature
   * as something that all parties must compute alike when the signer is hostile.
   */
  ed25519Verify(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): Awaitable<boolean>;
}

/** The cryptographic primitives of a server: as `ClientCrypto`, and all of them are synchronous. */
export interface CryptoProvider extends ClientCrypto {
  x25519PublicKey(secretKey: Uint8Array): Uint8Array;
  x25519(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}
