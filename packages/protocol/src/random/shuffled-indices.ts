import { xoshiro128 } from "./xoshiro128.ts";
import type { RandomSource } from "./random-source.ts";

/**
 * The numbers from 0 to count − 1 in random order: Fisher–Yates, every order equally likely up to 2⁻³² · count.
 * @param random - 16 bytes of it decide the order.
 */
export function shuffledIndices(count: number, random: RandomSource): Uint32Array {
  const word = xoshiro128(random.bytes(16));
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor((word() / 4_294_967_296) * (last + 1));
    const moved = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = moved;
  }
  return order;
}
