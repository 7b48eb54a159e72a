import type { SymmetricCrypto } from "../crypto/crypto-provider.ts";
import { utf8 } from "../bytes/encoding.ts";

/**
 * A source of random bytes. Everything that needs randomness is given one: production uses the
 * cryptographic source, and experiments and tests use a seeded one, which makes a run repeat
 * exactly.
 */
export interface RandomSource {
  /** New random bytes, which belong to the caller. */
  bytes(length: number): Uint8Array;
  /**
   * A separate source for one purpose. A seeded source gives the same child for the same label,
   * whatever has been drawn from the parent before, so that one more draw elsewhere does not change
   * what the child gives. The cryptographic source returns itself.
   */
  derive(label: string): RandomSource;
  /**
   * The seed of a seeded source, from which `seededRandom` makes one with the same children, in
   * another thread for example. A cryptographic source has none.
   */
  seed?(): Uint8Array;
}

/** The source for production: the platform's cryptographic generator. */
export function cryptographicRandom(crypto: SymmetricCrypto): RandomSource {
  const source: RandomSource = {
    bytes: (length) => crypto.randomBytes(length),
    derive: () => source,
  };
  return source;
}

/**
 * A source that repeats, for tests, demos and simulation, and never for keys in production. Its key
 * is SHA-256(seed), block i of its bytes is HMAC-SHA-256(key, "block i"), and the seed of a child
 * is HMAC-SHA-256(key, "child label").
 * @param seed - Any bytes, or an integer. Not modified.
 */
export function seededRandom(crypto: SymmetricCrypto, seed: number | Uint8Array): RandomSource {
  const seedBytes = typeof seed === "number" ? utf8(`seed ${seed}`) : seed.slice();
  return keyedRandom(crypto, () => seedBytes);
}

const NOTHING = new Uint8Array(0);

/** A source whose key is made when it is first needed: from many sources nothing is drawn. */
function keyedRandom(crypto: SymmetricCrypto, seed: () => Uint8Array): RandomSource {
  let made: Uint8Array | undefined;
  const key = (): Uint8Array => (made ??= crypto.sha256(seed()));
  let block = 0;
  /** What is left of the newest block. */
  let pool: Uint8Array = NOTHING;
  return {
    bytes(length) {
      const out = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        if (pool.length === 0) pool = crypto.hmacSha256(key(), utf8(`block ${block++}`));
        const taken = Math.min(pool.length, length - filled);
        out.set(pool.subarray(0, taken), filled);
        pool = pool.subarray(taken);
        filled += taken;
      }
      return out;
    },
    derive: (label) => keyedRandom(crypto, () => crypto.hmacSha256(key(), utf8(`child ${label}`))),
    seed: () => seed().slice(),
  };
}
