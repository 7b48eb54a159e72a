/**
 * The bits of float64 values in hexadecimal, so that a comparison tells −0 from 0 and takes NaN for
 * a value like any other.
 */
export function bitsOf(values: Iterable<number>): string[] {
  return Array.from(new BigUint64Array(Float64Array.from(values).buffer), (bits) =>
    bits.toString(16),
  );
}
