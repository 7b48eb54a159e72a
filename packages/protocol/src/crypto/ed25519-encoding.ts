import { fromHex, toHex } from "../bytes/encoding.ts";

/**
 * y of the points of small order, sign bit cleared: 0, 1, −1 and the two of order 8 (RFC 8032
 * §5.1.2 encoding).
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
 * What every adapter checks before it verifies: lengths, and that key and R encode a y below the
 * prime that belongs to no point of small order. Under a key of small order one signature holds for
 * many messages; OpenSSL takes such keys, and libsodium takes an R that is not canonical. All three
 * are public, so the time taken may depend on them.
 */
export function isWellFormedEd25519(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    publicKey.length === 32 &&
    signature.length === 64 &&
    isSafePoint(publicKey) &&
    isSafePoint(signature.subarray(0, 32))
  );
}

function isSafePoint(point: Uint8Array): boolean {
  const y = Uint8Array.from(point);
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelowPrime(y) && !SMALL_ORDER_Y.has(toHex(y));
}

function isBelowPrime(y: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (y[i] ?? 0) - (PRIME[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
