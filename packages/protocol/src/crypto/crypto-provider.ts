/**
 * The cryptographic primitives that the protocol uses, with the same bytes from every adapter.
 * All are synchronous; an adapter that has to load something does so in its factory.
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
  /** Whether an Ed25519 signature holds (RFC 8032 §5.1.7); false for any malformed input. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /**
   * ChaCha20-Poly1305 (RFC 8439 §2.8).
   * @param key - 32 bytes. @param nonce - 12 bytes, never used twice with one key.
   * @returns Ciphertext followed by the 16-byte tag.
   */
  seal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Opens what `seal` made; `undefined` when the tag does not hold (compared in constant time by the library). */
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
