import { asTributaryError, TributaryError } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { CipherState } from "./cipher-state.ts";

/**
 * Both directions of an encrypted connection. Records must be opened in the order in which they
 * were sealed.
 */
export interface Channel {
  /**
   * Noise's h at the end of the handshake, 32 bytes: the same on both sides and different for every
   * connection. Sign it to bind something to this connection (Noise §11.2). Not secret.
   */
  readonly handshakeHash: Uint8Array;
  /** What the other side put into its handshake message; empty unless it gave a `payload`. */
  readonly peerPayload: Uint8Array;
  /**
   * Seals the next record to the other side.
   * @param plaintext - At most `maxRecordPlaintextBytes`; not modified.
   * @param headroom - Zero bytes to leave in front for a header; 0 when absent. See
   * `sealRecordFrame`.
   * @throws TributaryError `BAD_PARAMETER` when the plaintext is too long, which consumes nothing.
   */
  seal(plaintext: Uint8Array, headroom?: number): Uint8Array;
  /**
   * Opens the next record from the other side.
   * @throws TributaryError `MALFORMED_FRAME` when it does not authenticate. The channel is dead
   * then: records are in order, so a bad one means an attacker or a fault, and every later call
   * throws.
   */
  open(record: Uint8Array): Uint8Array;
  /**
   * Zeroes the keys. Later calls of `seal` and `open` throw `CONNECTION_LOST`; closing twice does
   * nothing.
   */
  close(): void;
}

const TAG_BYTES = 16;

/** The channel that a finished handshake gives. */
export class CipherChannel implements Channel {
  readonly handshakeHash: Uint8Array;
  readonly peerPayload: Uint8Array;
  readonly #sender: CipherState;
  readonly #receiver: CipherState;
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
    if (plaintext.length > DEFAULT_LIMITS.maxRecordPlaintextBytes) {
      throw new TributaryError(
        "BAD_PARAMETER",
        `A record of ${plaintext.length} bytes is longer than a channel takes`,
        { remedy: `Split it into at most ${DEFAULT_LIMITS.maxRecordPlaintextBytes} bytes.` },
      );
    }
    return this.#run(() => this.#sender.encrypt(plaintext, headroom));
  }

  open(record: Uint8Array): Uint8Array {
    this.#requireAlive();
    return this.#run(() => {
      const length = record.length - TAG_BYTES;
      const fits = length >= 0 && length <= DEFAULT_LIMITS.maxRecordPlaintextBytes;
      const plaintext = fits ? this.#receiver.decrypt(record) : undefined;
      if (plaintext !== undefined) return plaintext;
      throw new TributaryError(
        "MALFORMED_FRAME",
        fits ? "A record does not authenticate" : `A record is ${record.length} bytes long`,
        { remedy: "Connect again; if it recurs, something on the way alters what is sent." },
      );
    });
  }

  close(): void {
    this.#die(new TributaryError("CONNECTION_LOST", "The channel was closed"));
  }

  /** Whatever a cipher throws leaves its counter in doubt, so the channel does not go on. */
  #run(step: () => Uint8Array): Uint8Array {
    try {
      return step();
    } catch (error) {
      const failure = asTributaryError(error);
      this.#die(failure);
      throw failure;
    }
  }

  #die(end: TributaryError): void {
    this.#end ??= end;
    this.#sender.wipe();
    this.#receiver.wipe();
  }

  #requireAlive(): void {
    if (this.#end === undefined) return;
    throw new TributaryError(this.#end.code, "The channel has ended", {
      remedy: "Connect again.",
      cause: this.#end,
    });
  }
}
