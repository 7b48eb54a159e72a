import { concatBytes } from "../bytes/encoding.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { nonceOf } from "./nonce.ts";

/**
 * Noise's SymmetricState (§5.2) with SHA-256 and ChaChaPoly, as far as NK needs it: in NK each
 * message has one MixKey followed by one payload, so the two are one call and the handshake's nonce
 * is always 0.
 */
export class SymmetricState {
  readonly #crypto: CryptoProvider;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;

  /** @param protocolName - Exactly 32 bytes, so that the name itself is the first hash. */
  constructor(crypto: CryptoProvider, protocolName: Uint8Array) {
    this.#crypto = crypto;
    this.#chainingKey = protocolName.slice();
    this.#hash = protocolName.slice();
  }

  /**
   * h, which binds everything both sides have seen: equal on both sides at the end, and not secret.
   */
  get handshakeHash(): Uint8Array {
    return this.#hash;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#crypto.sha256(concatBytes(this.#hash, data));
  }

  /** MixKey(sharedSecret), then EncryptAndHash(payload). Zeroes `sharedSecret`. */
  mixKeyAndEncrypt(sharedSecret: Uint8Array, payload: Uint8Array): Uint8Array {
    const key = this.#mixKey(sharedSecret);
    const ciphertext = this.#crypto.seal(key, nonceOf(0, 0), this.#hash, payload);
    key.fill(0);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /**
   * MixKey(sharedSecret), then DecryptAndHash(ciphertext): `undefined` when the tag does not hold.
   * Zeroes `sharedSecret`.
   */
  mixKeyAndDecrypt(sharedSecret: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    const key = this.#mixKey(sharedSecret);
    const payload = this.#crypto.open(key, nonceOf(0, 0), this.#hash, ciphertext);
    key.fill(0);
    this.mixHash(ciphertext);
    return payload;
  }

  /** Split(): the key from initiator to responder, and the one back. */
  split(): [Uint8Array, Uint8Array] {
    return this.#hkdf(new Uint8Array(0));
  }

  /** Zeroes the chaining key. The state must not be used again; the handshake hash stays. */
  wipe(): void {
    this.#chainingKey.fill(0);
  }

  #mixKey(sharedSecret: Uint8Array): Uint8Array {
    const [chainingKey, key] = this.#hkdf(sharedSecret);
    sharedSecret.fill(0);
    this.#chainingKey.fill(0);
    this.#chainingKey = chainingKey;
    return key;
  }

  /** HKDF with two outputs (Noise §4.3). */
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
