/**
 * The factor that brings a vector down to an L2 norm.
 * @param squares - The sum of the vector's squared values.
 * @param mostNorm - The largest norm, > 0; Infinity for no bound.
 * @returns At most 1: exactly 1 for a vector that is no longer than the bound.
 */
export function clipFactor(squares: number, mostNorm: number): number {
  return Math.min(1, mostNorm / Math.sqrt(squares));
}
