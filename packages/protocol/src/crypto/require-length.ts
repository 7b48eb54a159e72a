import { TributaryError } from "../errors.ts";

/**
 * Checks the length of a key, nonce or secret before a library sees it. Libraries differ in what
 * they throw for a wrong length, and OpenSSL accepts a short nonce without an error.
 * @param what - Names the bytes at the start of the error's sentence, such as `The nonce`.
 * @throws TributaryError `BAD_PARAMETER` when the length is another.
 */
export function requireLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `${what} has ${bytes.length} bytes instead of ${length}`,
      {
        remedy: `Give exactly ${length} bytes.`,
      },
    );
  }
}

/**
 * The error that every adapter throws when an X25519 result is all zero (RFC 7748 §6.1).
 * @param cause - The library's own error, if there is one.
 */
export function smallOrderPoint(cause?: unknown): TributaryError {
  return new TributaryError(
    "HANDSHAKE_FAILED",
    "The other side's X25519 key is a point of small order",
    {
      remedy:
        "Use a key made by `tributary keys generate`. Such a point comes from a faulty or hostile peer.",
      cause,
    },
  );
}

/**
 * Checks the lengths that ChaCha20-Poly1305 needs (RFC 8439 §2.8).
 * @throws TributaryError `BAD_PARAMETER` unless the key has 32 bytes and the nonce 12.
 */
export function requireKeyAndNonce(key: Uint8Array, nonce: Uint8Array): void {
  requireLength(key, 32, "The key");
  requireLength(nonce, 12, "The nonce");
}
