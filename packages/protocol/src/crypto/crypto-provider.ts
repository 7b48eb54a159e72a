/**
 * The cryptographic primitives that the protocol uses, with the same bytes from every adapter. All
 * are synchronous; an adapter that has to load something does so in its factory. Results are plain
 * `Uint8Array`s of their own, never views of an argument; arguments are not modified. A key, nonce
 * or secret of the wrong length is a `BAD_PARAMETER`.
 *
 * Each adapter runs `cryptoProviderCases` from `@tributary/protocol/testing`.
 */
export interface CryptoProvider {
  /** Adapter name for logs, such as `libsodium` or `node`. */
  readonly name: string;
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 (RFC 2104), 32 bytes. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** X25519 public key of a 32-byte secret (RFC 7748 §6.1). */
  x25519PublicKey(secretKey: Uint8Array): Uint8Array;
  /**
   * X25519 shared secret, 32 bytes (RFC 7748 §6.1).
   * @throws TributaryError `HANDSHAKE_FAILED` when the result is all zero: a point of small order.
   */
  x25519(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** Ed25519 public key of a 32-byte seed (RFC 8032 §5.1.5). */
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  /** Ed25519 signature, 64 bytes (RFC 8032 §5.1.6). */
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /**
   * Whether an Ed25519 signature holds (RFC 8032 §5.1.7); false for any malformed input, for a key
   * or an R of small order, and for an encoding that is not canonical.
   *
   * Adapters agree on every signature that was made by RFC 8032, and on every forgery that lacks
   * the secret. They may differ on one that the holder of the secret built with a component of
   * small order, since the RFC leaves open whether the cofactor is multiplied out (libsodium does,
   * OpenSSL does not): do not use a signature's validity as something that all parties must compute
   * alike for hostile signers.
   */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /**
   * ChaCha20-Poly1305 (RFC 8439 §2.8).
   * @param key - 32 bytes.
   * @param nonce - 12 bytes, never used twice with one key.
   * @param ad - Authenticated, not encrypted; any length.
   * @param headroom - Zero bytes left in front of the ciphertext, so that a caller can write a
   * header there instead of copying; 0 when absent.
   * @returns New bytes: `headroom` zeros, the ciphertext, the 16-byte tag.
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
   * Opens what `seal` made with no headroom.
   * @returns New bytes, or `undefined` when the tag does not hold (compared in constant time by the
   * library).
   * @throws TributaryError `BAD_PARAMETER` for a key or nonce of another length.
   */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    ad: Uint8Array,
    ciphertext: Uint8Array,
  ): Uint8Array | undefined;
  /** Cryptographically secure random bytes. */
  randomBytes(length: number): Uint8Array;
  /** Constant-time equality; false when the lengths differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}
