import { TributaryError } from "../errors.ts";
import type { SymmetricCrypto } from "../crypto/crypto-provider.ts";
import { nonceOf } from "./nonce.ts";

const NO_BYTES = new Uint8Array(0);

/** The nonce 2^64 − 1, which is reserved for `Rekey` (Noise §4.2), as bytes with domain 0. */
const REKEY_NONCE = Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255);
/** `Rekey` encrypts 32 zero bytes and takes the first 32 bytes as the new key (Noise §4.2). */
const REKEY_PLAINTEXT = new Uint8Array(32);

/**
 * How many records one direction may carry. Up to this number a JavaScript number counts exactly,
 * and it is far below Noise's own bound of 2^64 − 1.
 */
export const MAX_DIRECTION_RECORDS: number = Number.MAX_SAFE_INTEGER;

/** What one direction of a channel starts from. */
export interface CipherStateOptions {
  readonly crypto: SymmetricCrypto;
  /** 32 bytes. The state owns them from here on, and zeroes them when it is done with them. */
  readonly key: Uint8Array;
  /** The key is replaced after so many records. Both sides must use the same number. */
  readonly rekeyAfterRecords: number;
  /** How many records the direction may carry in all, from 1 to `MAX_DIRECTION_RECORDS`. */
  readonly maxRecords: number;
}

/**
 * One direction of a channel. It is Noise's CipherState (§5.1), with a schedule for changing the
 * key (§11.3) built in. The nonce counts every record, and a change of the key does not reset it,
 * so that no nonce is ever used twice.
 */
export class CipherState {
  readonly #crypto: SymmetricCrypto;
  readonly #rekeyAfterRecords: number;
  readonly #maxRecords: number;
  #key: Uint8Array;
  #records = 0;

  constructor(options: CipherStateOptions) {
    this.#crypto = options.crypto;
    this.#key = options.key;
    this.#rekeyAfterRecords = options.rekeyAfterRecords;
    this.#maxRecords = options.maxRecords;
  }

  /**
   * Encrypts the next record.
   * @param plaintext - Not modified.
   * @param headroom - How many zero bytes to leave in front.
   * @returns New bytes: the headroom, the ciphertext, its 16-byte tag.
   * @throws TributaryError `CONNECTION_LOST` when the direction has carried `maxRecords` records.
   */
  encrypt(plaintext: Uint8Array, headroom: number): Uint8Array {
    const sealed = this.#crypto.seal(this.#key, this.#nonce(), NO_BYTES, plaintext, headroom);
    this.#advance();
    return sealed;
  }

  /**
   * Decrypts the next record.
   * @param record - Ciphertext and tag; not modified.
   * @returns New bytes, or `undefined` when the record is not authentic. The counter stays where it
   * was then.
   * @throws TributaryError `CONNECTION_LOST` when the direction has carried `maxRecords` records.
   */
  decrypt(record: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#crypto.open(this.#key, this.#nonce(), NO_BYTES, record);
    if (plaintext !== undefined) this.#advance();
    return plaintext;
  }

  /** Zeroes the key. The state must not be used again. */
  wipe(): void {
    this.#key.fill(0);
  }

  /** The nonce of the next record; does not advance the counter. */
  #nonce(): Uint8Array {
    if (this.#records >= this.#maxRecords) {
      throw new TributaryError(
        "CONNECTION_LOST",
        "One direction of the channel has carried as many records as it may",
        { remedy: "Connect again.", context: { maxRecords: this.#maxRecords } },
      );
    }
    return nonceOf(0, this.#records);
  }

  /** Counts one record, and replaces the key when it is due. */
  #advance(): void {
    this.#records += 1;
    if (this.#records % this.#rekeyAfterRecords !== 0) return;
    const sealed = this.#crypto.seal(this.#key, REKEY_NONCE, NO_BYTES, REKEY_PLAINTEXT);
    this.#key.fill(0);
    this.#key = sealed.subarray(0, 32);
  }
}
