import { xoshiro128 } from "./xoshiro128.ts";
import type { RandomSource } from "./random-source.ts";

/**
 * The numbers from 0 to count − 1 in random order, by the Fisher–Yates shuffle. Each step chooses
 * among at most `count` places from 2^32 equally likely words, so that no place is favoured by more
 * than a share of 2⁻³² · count.
 * @param count - Length of the result; at least 0.
 * @param random - 16 bytes of it seed a fast generator, which decides the order.
 * @returns New Uint32, shape [count].
 */
export function shuffledIndices(count: number, random: RandomSource): Uint32Array {
  const word = xoshiro128(random.bytes(16));
  const order = new Uint32Array(count);
  for (let index = 0; index < count; index++) order[index] = index;
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor((word() / 4_294_967_296) * (last + 1));
    const moved = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = moved;
  }
  return order;
}
