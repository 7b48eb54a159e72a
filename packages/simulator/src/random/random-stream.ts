import { xoshiro128, type RandomSource } from "@tributary/protocol";

/**
 * A fast and repeatable stream of random numbers for drawing data. It is not secure: never use it
 * for secrets.
 */
export interface RandomStream {
  /** Uniform in [0, 1), with 32 random bits. */
  next(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform whole number in [0, count). */
  below(count: number): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
  /** Normal as `normal`, but drawn again until it lies within ±3, so that no value is absurd. */
  boundedNormal(): number;
}

/**
 * Makes a stream. The same source gives the same numbers.
 * @param random - 16 bytes are drawn from it as the seed.
 */
export function randomStream(random: RandomSource): RandomStream {
  const word = xoshiro128(random.bytes(16));
  const next = (): number => word() / 4_294_967_296;
  // Marsaglia's polar method.
  const normal = (): number => {
    for (;;) {
      const x = 2 * next() - 1;
      const y = 2 * next() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square);
    }
  };
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    below: (count) => Math.floor(count * next()),
    normal,
    boundedNormal() {
      for (;;) {
        const value = normal();
        if (Math.abs(value) <= 3) return value;
      }
    },
  };
}
