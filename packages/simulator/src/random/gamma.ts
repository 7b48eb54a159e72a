import type { RandomStream } from "./random-stream.ts";

/**
 * Draws the natural logarithm of a number with the gamma distribution of scale 1. The logarithm
 * stays finite for small shapes, for which most of the numbers themselves are too small for a float.
 * @param shape - Above 0.
 * @see G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables" (2000)
 */
export function drawLogGamma(shape: number, stream: RandomStream): number {
  // Below 1, a draw of the next larger shape is scaled by a power of a uniform number.
  if (shape < 1) return drawLogGamma(shape + 1, stream) + Math.log(1 - stream.next()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = stream.normal();
    const root = 1 + c * normal;
    if (root <= 0) continue;
    const cube = root ** 3;
    const uniform = 1 - stream.next();
    if (Math.log(uniform) < normal ** 2 / 2 + d * (1 - cube + Math.log(cube))) {
      return Math.log(d * cube);
    }
  }
}

/**
 * Draws shares with the Dirichlet distribution.
 * @param shapes - The concentration of each share, at least 0; a share whose concentration is 0 is 0.
 * @param shares - Receives the shares, which add up to 1; as long as `shapes`.
 */
export function drawDirichlet(
  shapes: ArrayLike<number>,
  shares: Float64Array,
  stream: RandomStream,
): void {
  let most = -Infinity;
  for (let i = 0; i < shares.length; i++) {
    const shape = shapes[i]!;
    shares[i] = shape === 0 ? -Infinity : drawLogGamma(shape, stream);
    most = Math.max(most, shares[i]!);
  }
  let sum = 0;
  for (let i = 0; i < shares.length; i++) {
    shares[i] = Math.exp(shares[i]! - most);
    sum += shares[i]!;
  }
  for (let i = 0; i < shares.length; i++) shares[i]! /= sum;
}
