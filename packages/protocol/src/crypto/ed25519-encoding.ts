// Checks on Ed25519 keys and signatures that the libraries do differently. Both adapters make them
// before they ask their library, so that both accept the same signatures.
import { fromHex, toHex } from "../bytes/encoding.ts";

/**
 * The y coordinates of all points of small order, in the encoding of RFC 8032 §5.1.2 with the sign
 * bit cleared: 0, 1, −1, and the two of order 8.
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]);

/** The field's prime 2^255 − 19, little-endian. */
const PRIME = fromHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");

/**
 * Whether a key and a signature have the right lengths, and the key and the signature's R encode a
 * y that is below the prime and belongs to no point of small order.
 *
 * Under a key of small order one signature is valid for many messages. OpenSSL accepts such keys,
 * and libsodium accepts an R that is not canonical. Key and signature are public, so the time taken
 * may depend on them.
 */
export function isWellFormedEd25519(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    publicKey.length === 32 &&
    signature.length === 64 &&
    isSafePoint(publicKey) &&
    isSafePoint(signature.subarray(0, 32))
  );
}

/**
 * Whether 32 bytes encode a point as `isWellFormedEd25519` requires. The top bit is the sign of x.
 */
function isSafePoint(point: Uint8Array): boolean {
  const y = Uint8Array.from(point);
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelowPrime(y) && !SMALL_ORDER_Y.has(toHex(y));
}

/** Whether a little-endian number is below the prime: the highest byte that differs decides. */
function isBelowPrime(y: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (y[i] ?? 0) - (PRIME[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
