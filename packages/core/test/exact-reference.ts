// The arithmetic of the exact accumulator, written again with integers of any size. It is slow, and
// it is easy to see that it is correct.

const SUBNORMAL_BITS = 149n; // every float32 is a multiple of 2⁻¹⁴⁹
const FRACTION_BITS = 32n;

/** ⌊n / 2^bits⌉: the quotient rounded to the nearest integer, with ties to even. */
function roundShift(n: bigint, bits: bigint): bigint {
  const unit = 1n << bits;
  const floor = n >> bits; // rounds towards −∞ also for negative n
  const remainder = n - floor * unit;
  const doubled = 2n * remainder;
  if (doubled < unit) return floor;
  if (doubled > unit) return floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

/** weight · value as a multiple of 2⁻³², rounded once. */
export function fixedPoint(value: number, weight: number): bigint {
  const exact = BigInt(Math.fround(value) * 2 ** 149) * BigInt(weight);
  return roundShift(exact, SUBNORMAL_BITS - FRACTION_BITS);
}

/** The correctly rounded float64 of a sum of multiples of 2⁻³². */
export function toFloat64(sum: bigint): number {
  return Number(sum) / 2 ** 32;
}
