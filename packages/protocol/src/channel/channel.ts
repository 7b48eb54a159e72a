import { asTributaryError, TributaryError } from "../errors.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import type { CipherState } from "./cipher-state.ts";

/**
 * An encrypted connection, both directions of it. Each side must open the records of the other side
 * in the order in which they were sealed.
 */
export interface Channel {
  /**
   * Noise's handshake hash `h`, 32 bytes. It is the same on both sides and different for every
   * connection. A signature over it is bound to this connection (Noise §11.2). It is not secret.
   */
  readonly handshakeHash: Uint8Array;
  /** The payload of the other side's handshake message; empty in protocol version 1. */
  readonly peerPayload: Uint8Array;
  /**
   * Encrypts the next record for the other side.
   * @param plaintext - At most `maxRecordPlaintextBytes` bytes; not modified.
   * @param headroom - How many zero bytes to leave in front of the record, so that a frame's header
   * can be written there without a copy; 0 when absent. See `sealRecordFrame`.
   * @returns New bytes: the headroom, the ciphertext and its 16-byte tag.
   * @throws TributaryError `BAD_PARAMETER` when the plaintext is too long. The channel stays
   * usable.
   * @throws TributaryError `CONNECTION_LOST` when the channel has carried as many records as it
   * may, or was closed; `MALFORMED_FRAME` when it ended with a bad record.
   */
  seal(plaintext: Uint8Array, headroom?: number): Uint8Array;
  /**
   * Decrypts the next record from the other side.
   * @param record - Not modified.
   * @returns New bytes: the plaintext.
   * @throws TributaryError `MALFORMED_FRAME` when the record is not authentic or has an impossible
   * length. This ends the channel, and every later call throws: records come in order, so a bad one
   * means an attacker or a fault, and not a record to skip.
   * @throws TributaryError `CONNECTION_LOST` when the channel has carried as many records as it
   * may, or was closed.
   */
  open(record: Uint8Array): Uint8Array;
  /**
   * Zeroes the keys. Later calls of `seal` and `open` throw `CONNECTION_LOST`. A second call does
   * nothing.
   */
  close(): void;
}

/** The authentication tag that follows each ciphertext (RFC 8439 §2.8). */
const TAG_BYTES = 16;

/** The channel that comes out of a finished handshake, over one cipher state for each direction. */
export class CipherChannel implements Channel {
  readonly handshakeHash: Uint8Array;
  readonly peerPayload: Uint8Array;
  readonly #sender: CipherState;
  readonly #receiver: CipherState;
  /** Why the channel ended; `undefined` while it is alive. */
  #end: TributaryError | undefined;

  constructor(parts: {
    readonly handshakeHash: Uint8Array;
    readonly peerPayload: Uint8Array;
    readonly sender: CipherState;
    readonly receiver: CipherState;
  }) {
    this.handshakeHash = parts.handshakeHash;
    this.peerPayload = parts.peerPayload;
    this.#sender = parts.sender;
    this.#receiver = parts.receiver;
  }

  seal(plaintext: Uint8Array, headroom = 0): Uint8Array {
    this.#requireAlive();
    if (plaintext.length > PROTOCOL_CONSTANTS.maxRecordPlaintextBytes) {
      throw new TributaryError(
        "BAD_PARAMETER",
        `A record of ${plaintext.length} bytes is longer than one record may be`,
        {
          remedy: `Split it into records of at most ${PROTOCOL_CONSTANTS.maxRecordPlaintextBytes} bytes.`,
        },
      );
    }
    return this.#run(() => this.#sender.encrypt(plaintext, headroom));
  }

  open(record: Uint8Array): Uint8Array {
    this.#requireAlive();
    return this.#run(() => {
      const length = record.length - TAG_BYTES;
      const fits = length >= 0 && length <= PROTOCOL_CONSTANTS.maxRecordPlaintextBytes;
      const plaintext = fits ? this.#receiver.decrypt(record) : undefined;
      if (plaintext !== undefined) return plaintext;
      throw new TributaryError(
        "MALFORMED_FRAME",
        fits
          ? "A record is not authentic"
          : `A record is ${record.length} bytes long, which no record can be`,
        {
          remedy: "Connect again. If this happens again, something on the way alters what is sent.",
        },
      );
    });
  }

  close(): void {
    this.#die(new TributaryError("CONNECTION_LOST", "The encrypted channel was closed"));
  }

  /**
   * Runs one step of a cipher and ends the channel when it throws: nobody knows then whether the
   * record counter has advanced, and a wrong counter could use one nonce twice.
   */
  #run(step: () => Uint8Array): Uint8Array {
    try {
      return step();
    } catch (error) {
      const failure = asTributaryError(error);
      this.#die(failure);
      throw failure;
    }
  }

  /** Keeps the first reason, and zeroes the keys of both directions. */
  #die(end: TributaryError): void {
    this.#end ??= end;
    this.#sender.wipe();
    this.#receiver.wipe();
  }

  /** @throws TributaryError with the code of the reason, when the channel has ended. */
  #requireAlive(): void {
    if (this.#end === undefined) return;
    throw new TributaryError(this.#end.code, "The encrypted channel has ended", {
      remedy: "Connect again.",
      cause: this.#end,
    });
  }
}
