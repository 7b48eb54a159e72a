import type { RandomSource } from "../random/random-source.ts";
import { xoshiro128 } from "../random/xoshiro128.ts";

/**
 * Fills a kernel as Keras does by default: uniform in ±√(6 / (fanIn + fanOut)).
 * The fans of a convolution are its channels in and out times the size of its window.
 * @param target - Float32, shape [product of shape]; overwritten.
 * @param shape - Kernel shape, `[in, out]` or `[…window, in, out]`; at least two dimensions.
 * @param random - 16 bytes of it seed the stream.
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
  // 2^-32 · (n + ½) is never 0 or 1, so that both ends of the range are equally far.
  for (let i = 0; i < target.length; i++) {
    target[i] = limit * (2 * ((next() + 0.5) / 4_294_967_296) - 1);
  }
}

function fans(shape: readonly number[]): [fanIn: number, fanOut: number] {
  const channelsIn = shape.at(-2) ?? 1;
  const channelsOut = shape.at(-1) ?? 1;
  const window = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  return [window * channelsIn, window * channelsOut];
}
