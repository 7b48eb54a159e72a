import { TributaryError } from "@tributary/protocol";

/** What makes bytes unreadable to those who lack a key, and shows when they were changed. */
export interface Sealer {
  /** The number of bytes that a seal adds. */
  readonly overhead: number;
  /**
   * Seals bytes for one place, under a nonce of their own.
   * @param place - Names where the bytes are kept. They open at this place only.
   */
  seal(bytes: Uint8Array<ArrayBuffer>, place: string): Promise<Uint8Array<ArrayBuffer>>;
  /** @throws TributaryError `STORAGE_DAMAGED` when the bytes are not those sealed for the place. */
  open(bytes: Uint8Array<ArrayBuffer>, place: string): Promise<Uint8Array<ArrayBuffer>>;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals with AES-256-GCM (NIST SP 800-38D). The place is its associated data. Nonces are random: one
 * key may seal 2³² blocks before two nonces are equal with a probability of 2⁻³² (section 8.3).
 */
export function aesSealer(key: CryptoKey): Sealer {
  const parametersOf = (iv: Uint8Array<ArrayBuffer>, place: string): AesGcmParams => ({
    name: "AES-GCM",
    iv,
    additionalData: new TextEncoder().encode(place),
  });
  return {
    overhead: NONCE_BYTES + TAG_BYTES,
    async seal(bytes, place) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const sealed = await crypto.subtle.encrypt(parametersOf(nonce, place), key, bytes);
      const whole = new Uint8Array(NONCE_BYTES + sealed.byteLength);
      whole.set(nonce);
      whole.set(new Uint8Array(sealed), NONCE_BYTES);
      return whole;
    },
    async open(bytes, place) {
      const parameters = parametersOf(bytes.subarray(0, NONCE_BYTES), place);
      try {
        const sealed = bytes.subarray(NONCE_BYTES);
        return new Uint8Array(await crypto.subtle.decrypt(parameters, key, sealed));
      } catch (error) {
        throw damaged(`The ${place} was changed or moved, or sealed with another key`, error);
      }
    },
  };
}

/** Leaves bytes as they are, for a store that is not encrypted. */
export const NO_SEAL: Sealer = {
  overhead: 0,
  seal: (bytes) => Promise.resolve(bytes),
  open: (bytes) => Promise.resolve(bytes),
};

/** The error for stored bytes that are not what was stored. */
export function damaged(cause: string, error?: unknown): TributaryError {
  return new TributaryError("STORAGE_DAMAGED", cause, {
    remedy:
      "Restore what was changed, or begin with an empty store: `eraseExampleStore` removes this one.",
    cause: error,
  });
}
