import { TributaryError } from "../errors.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { nonceOf } from "./nonce.ts";

const NO_BYTES = new Uint8Array(0);

/** Nonce 2^64 − 1, which `Rekey` alone uses (Noise §4.2). */
const REKEY_NONCE = Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255);
const REKEY_PLAINTEXT = new Uint8Array(32);

/**
 * Records one direction may carry: the counter is exact up to here, and far below Noise's 2^64 − 1.
 */
export const MAX_DIRECTION_RECORDS: number = Number.MAX_SAFE_INTEGER;

export interface CipherStateOptions {
  readonly crypto: CryptoProvider;
  /** 32 bytes. Owned by the state from here on: it zeroes them. */
  readonly key: Uint8Array;
  /** After this many records the key is replaced; the same on both sides. */
  readonly rekeyAfterRecords: number;
  readonly maxRecords: number;
}

/**
 * One direction of a channel: Noise's CipherState (§5.1) with the application's rekey schedule
 * (§11.3) built in. The nonce counts every record and a rekey does not reset it, so no nonce is
 * ever used twice.
 */
export class CipherState {
  readonly #crypto: CryptoProvider;
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

  /** @returns `headroom` zero bytes, then the ciphertext and its tag. */
  encrypt(plaintext: Uint8Array, headroom: number): Uint8Array {
    const sealed = this.#crypto.seal(this.#key, this.#nonce(), NO_BYTES, plaintext, headroom);
    this.#advance();
    return sealed;
  }

  /** @returns `undefined` when the tag does not hold; nothing is consumed then. */
  decrypt(record: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#crypto.open(this.#key, this.#nonce(), NO_BYTES, record);
    if (plaintext !== undefined) this.#advance();
    return plaintext;
  }

  /** Zeroes the key. The state must not be used again. */
  wipe(): void {
    this.#key.fill(0);
  }

  #nonce(): Uint8Array {
    if (this.#records >= this.#maxRecords) {
      throw new TributaryError(
        "CONNECTION_LOST",
        "The channel has carried as many records as one direction may",
        { remedy: "Connect again.", context: { maxRecords: this.#maxRecords } },
      );
    }
    return nonceOf(0, this.#records);
  }

  #advance(): void {
    this.#records += 1;
    if (this.#records % this.#rekeyAfterRecords !== 0) return;
    const sealed = this.#crypto.seal(this.#key, REKEY_NONCE, NO_BYTES, REKEY_PLAINTEXT);
    this.#key.fill(0);
    this.#key = sealed.subarray(0, 32);
  }
}
