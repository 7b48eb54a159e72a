import { concatBytes } from "../bytes/encoding.ts";
import type { SymmetricCrypto } from "../crypto/crypto-provider.ts";
import { nonceOf } from "./nonce.ts";

/**
 * The state of a handshake: Noise's SymmetricState (§5.2) with SHA-256 and ChaCha20-Poly1305, as
 * far as the pattern NK needs it. In NK each handshake message has exactly one MixKey, followed by
 * one payload. So one method does both, and the nonce of the handshake is always 0.
 */
export class SymmetricState {
  readonly #crypto: SymmetricCrypto;
  /** Noise's `ck`, secret: every key is derived from it. */
  #chainingKey: Uint8Array;
  /** Noise's `h`, not secret: a hash of everything that both sides have seen so far. */
  #hash: Uint8Array;

  /**
   * @param protocolName - Exactly 32 bytes. A name of that length is itself the first hash (Noise
   * §5.2, InitializeSymmetric). Not modified.
   */
  constructor(crypto: SymmetricCrypto, protocolName: Uint8Array) {
    this.#crypto = crypto;
    this.#chainingKey = protocolName.slice();
    this.#hash = protocolName.slice();
  }

  /**
   * Noise's `h`: at the end of the handshake it is equal on both sides and names the connection.
   * Not secret.
   */
  get handshakeHash(): Uint8Array {
    return this.#hash;
  }

  /** Noise's MixHash (§5.2): makes `data` a part of what both sides must have seen alike. */
  mixHash(data: Uint8Array): void {
    this.#hash = this.#crypto.sha256(concatBytes(this.#hash, data));
  }

  /**
   * Noise's MixKey(sharedSecret), then EncryptAndHash(payload) (§5.2).
   * @param sharedSecret - The result of X25519, 32 bytes; zeroed.
   * @returns Ciphertext and tag.
   */
  mixKeyAndEncrypt(sharedSecret: Uint8Array, payload: Uint8Array): Uint8Array {
    const key = this.#mixKey(sharedSecret);
    const ciphertext = this.#crypto.seal(key, nonceOf(0, 0), this.#hash, payload);
    key.fill(0);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /**
   * Noise's MixKey(sharedSecret), then DecryptAndHash(ciphertext) (§5.2).
   * @param sharedSecret - The result of X25519, 32 bytes; zeroed.
   * @returns The payload, or `undefined` when the ciphertext is not authentic.
   */
  mixKeyAndDecrypt(sharedSecret: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    const key = this.#mixKey(sharedSecret);
    const payload = this.#crypto.open(key, nonceOf(0, 0), this.#hash, ciphertext);
    key.fill(0);
    this.mixHash(ciphertext);
    return payload;
  }

  /**
   * Noise's Split (§5.2).
   * @returns Two keys of 32 bytes: the first encrypts what the initiator sends, the second what the
   * responder sends.
   */
  split(): [Uint8Array, Uint8Array] {
    return this.#hkdf(new Uint8Array(0));
  }

  /**
   * Zeroes the chaining key. The state must not be used again; the handshake hash stays readable.
   */
  wipe(): void {
    this.#chainingKey.fill(0);
  }

  /**
   * Derives a new chaining key and the key of the next payload; zeroes what they were derived from.
   */
  #mixKey(sharedSecret: Uint8Array): Uint8Array {
    const [chainingKey, key] = this.#hkdf(sharedSecret);
    sharedSecret.fill(0);
    this.#chainingKey.fill(0);
    this.#chainingKey = chainingKey;
    return key;
  }

  /** HKDF with two outputs of 32 bytes (Noise §4.3). The chaining key is its salt. */
  #hkdf(input: Uint8Array): [Uint8Array, Uint8Array] {
    const extracted = this.#crypto.hmacSha256(this.#chainingKey, input);
    const first = this.#crypto.hmacSha256(extracted, Uint8Array.of(1));
    const secondInput = concatBytes(first, Uint8Array.of(2));
    const second = this.#crypto.hmacSha256(extracted, secondInput);
    extracted.fill(0);
    secondInput.fill(0);
    return [first, second];
  }
}
