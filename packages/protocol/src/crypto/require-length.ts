import { TributaryError } from "../errors.ts";

/**
 * Checks the length of a key, nonce or secret before a library sees it: libraries differ in what
 * they throw, and OpenSSL takes a short nonce without a word.
 * @param what - Names the bytes at the start of a sentence, such as `The nonce`.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function requireLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) {
    throw new TributaryError("BAD_PARAMETER", `${what} is ${bytes.length} bytes long`, {
      remedy: `Give exactly ${length} bytes.`,
    });
  }
}

/** What every adapter throws when an X25519 result is all zero (RFC 7748 §6.1). */
export function smallOrderPoint(cause?: unknown): TributaryError {
  return new TributaryError(
    "HANDSHAKE_FAILED",
    "The other side's X25519 key is a point of small order",
    {
      remedy:
        "Use a key made by `tributary keys generate`; such a point comes from a faulty or hostile peer.",
      cause,
    },
  );
}
