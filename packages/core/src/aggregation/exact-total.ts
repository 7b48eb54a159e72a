/**
 * A sum of float64 numbers that has lost nothing: its value is the exact sum, rounded once. So it
 * does not depend on the order in which numbers are added.
 * @see Shewchuk, Adaptive Precision Floating-Point Arithmetic (1997), section 2
 */
export class ExactTotal {
  /** They do not overlap, and the smallest comes first. Their exact sum is the total. */
  readonly #parts: number[] = [];

  /**
   * Adds a number to the total.
   * @param value - Finite, and so small that the total stays finite.
   */
  add(value: number): void {
    const parts = this.#parts;
    let rest = value;
    let kept = 0;
    for (const part of parts) {
      const [larger, smaller] = Math.abs(rest) < Math.abs(part) ? [part, rest] : [rest, part];
      rest = larger + smaller;
      const lost = smaller - (rest - larger);
      if (lost !== 0) parts[kept++] = lost;
    }
    parts.length = kept;
    if (rest !== 0) parts.push(rest);
  }

  /** Zeroes what has been added. */
  clear(): void {
    this.#parts.fill(0);
    this.#parts.length = 0;
  }

  /** The exact sum, rounded to the nearest number. */
  get value(): number {
    const parts = this.#parts;
    let sum = 0;
    let lost = 0;
    let at = parts.length;
    while (at > 0 && lost === 0) {
      const part = parts[--at]!;
      const larger = sum;
      sum = larger + part;
      lost = part - (sum - larger);
    }
    // Half a unit was rounded to even, but what is below it decides.
    const next = parts[at - 1];
    if (next !== undefined && lost !== 0 && lost < 0 === next < 0) {
      const moved = sum + 2 * lost;
      if (moved - sum === 2 * lost) return moved;
    }
    return sum;
  }
}
