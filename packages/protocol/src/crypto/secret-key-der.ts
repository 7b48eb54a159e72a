import { concatBytes, fromHex } from "../bytes/encoding.ts";
import { requireLength } from "./require-length.ts";

/** The curves of the protocol, by the names that Node and Web Crypto have for them. */
export type Curve = "X25519" | "Ed25519";

/**
 * The bytes in front of the 32 bytes of a secret in PKCS #8 (RFC 8410 §7). The curves differ in the
 * last byte of their object identifier.
 */
const PKCS8_PREFIX: Readonly<Record<Curve, Uint8Array>> = {
  X25519: fromHex("302e020100300506032b656e04220420"),
  Ed25519: fromHex("302e020100300506032b657004220420"),
};

/**
 * A raw secret as PKCS #8 in DER, the form in which libraries read it. The caller zeroes it.
 * @throws TributaryError `BAD_PARAMETER` unless the secret has 32 bytes.
 */
export function secretKeyDer(curve: Curve, secret: Uint8Array): Uint8Array {
  requireLength(secret, 32, `The ${curve} secret`);
  return concatBytes(PKCS8_PREFIX[curve], secret);
}
