import { xoshiro128, type RandomSource } from "@tributary/protocol";

/** A fast stream of numbers for drawing data: repeatable, and never for secrets. */
export interface RandomStream {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform whole number in [0, count). */
  below(count: number): number;
  /** Normal with mean 0 and standard deviation 1, cut off at ±3 so that no figure is absurd. */
  normal(): number;
}

/**
 * A stream seeded once from `random`: the same source gives the same numbers.
 * @param random - 16 bytes are drawn from it.
 */
export function randomStream(random: RandomSource): RandomStream {
  const word = xoshiro128(random.bytes(16));
  const next = (): number => word() / 4_294_967_296;
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    below: (count) => Math.floor(count * next()),
    normal() {
      for (;;) {
        // Marsaglia's polar method.
        const x = 2 * next() - 1;
        const y = 2 * next() - 1;
        const square = x * x + y * y;
        if (square === 0 || square >= 1) continue;
        const value = x * Math.sqrt((-2 * Math.log(square)) / square);
        if (Math.abs(value) <= 3) return value;
      }
    },
  };
}
