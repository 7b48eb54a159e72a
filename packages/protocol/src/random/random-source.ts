import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { utf8 } from "../bytes/encoding.ts";

/**
 * Where randomness comes from. Injected everywhere: production uses the cryptographic one,
 * experiments a seeded one.
 */
export interface RandomSource {
  /** New random bytes. */
  bytes(length: number): Uint8Array;
  /**
   * A source of its own for one purpose. A seeded source gives the same child for the same label
   * whatever was drawn before, so that a retry elsewhere does not shift it; the cryptographic
   * source returns itself.
   */
  derive(label: string): RandomSource;
}

/** Randomness for production. */
export function cryptographicRandom(crypto: CryptoProvider): RandomSource {
  const source: RandomSource = {
    bytes: (length) => crypto.randomBytes(length),
    derive: () => source,
  };
  return source;
}

/**
 * Repeatable randomness for tests, demos and simulation, never for keys in production: block i is
 * HMAC-SHA-256(seed, "block" ‖ i), a child's seed is HMAC-SHA-256(seed, "child" ‖ label).
 * @param seed - Any bytes or an integer.
 */
export function seededRandom(crypto: CryptoProvider, seed: number | Uint8Array): RandomSource {
  const key = crypto.sha256(typeof seed === "number" ? utf8(`seed ${seed}`) : seed);
  let block = 0;
  let pool = new Uint8Array(0);
  return {
    bytes(length) {
      const out = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        if (pool.length === 0)
          pool = new Uint8Array(crypto.hmacSha256(key, utf8(`block ${block++}`)));
        const taken = Math.min(pool.length, length - filled);
        out.set(pool.subarray(0, taken), filled);
        pool = pool.subarray(taken);
        filled += taken;
      }
      return out;
    },
    derive: (label) => seededRandom(crypto, crypto.hmacSha256(key, utf8(`child ${label}`))),
  };
}
