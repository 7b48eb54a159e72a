import type { RandomSource } from "../random/random-source.ts";
import { xoshiro128 } from "../random/xoshiro128.ts";
import { shapeSize } from "./shape-size.ts";

/**
 * Fills a kernel with its initial values as Keras does by default: uniform in ±√(6 / (fanIn +
 * fanOut)). A fan is the number of channels in or out; for a convolution it is that number times
 * the size of the window.
 * @param target - Float32, shape [product of shape]; overwritten.
 * @param shape - The kernel's shape, `[in, out]` or `[…window, in, out]`.
 * @param random - 16 bytes of it seed the generator of the values.
 * @see Glorot and Bengio, AISTATS 2010, equation 16
 */
export function fillGlorotUniform(
  target: Float32Array,
  shape: readonly number[],
  random: RandomSource,
): void {
  const [fanIn, fanOut] = fans(shape);
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  const next = xoshiro128(random.bytes(16));
  // (n + ½) / 2^32 is never 0 or 1, and is symmetric around ½, so that both ends of the range are
  // equally far away.
  for (let i = 0; i < target.length; i++) {
    target[i] = limit * (2 * ((next() + 0.5) / 4_294_967_296) - 1);
  }
}

/** How many values enter into and come out of one unit of a kernel. */
function fans(shape: readonly number[]): [fanIn: number, fanOut: number] {
  const channelsIn = shape.at(-2) ?? 1;
  const channelsOut = shape.at(-1) ?? 1;
  const window = shapeSize(shape.slice(0, -2));
  return [window * channelsIn, window * channelsOut];
}
