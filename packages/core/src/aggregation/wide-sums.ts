/** Number of limbs of a sum. */
const LIMBS = 8;
/** One unit of a limb is this many units of the limb below it. */
const RADIX = 2 ** 32;
/** One unit of the highest limb. One of the lowest is 2⁻⁹⁶. */
const HIGHEST_UNIT = 2 ** 128;

/**
 * Sums of float64 numbers of any size up to 2¹⁵⁰, which do not depend on the order of the additions.
 * Each number is divided among limbs, which are integers. What it has below 2⁻⁹⁶ is dropped. Sums of
 * up to 2²⁰ numbers are exact. They cost several times what those of an `ExactAccumulator` cost, so
 * that they are for few values.
 */
export class WideSums {
  readonly #limbs: Float64Array;

  /** @param dimension - Number of sums. */
  constructor(dimension: number) {
    this.#limbs = new Float64Array(LIMBS * dimension);
  }

  /** Adds a number to a sum. @param index - Of the sum. */
  add(index: number, value: number): void {
    let rest = value;
    let unit = HIGHEST_UNIT;
    for (let limb = LIMBS * index; limb < LIMBS * (index + 1); limb++) {
      const part = Math.trunc(rest / unit);
      this.#limbs[limb]! += part;
      rest -= part * unit;
      unit /= RADIX;
    }
  }

  /** Returns a sum as a float64. It has the same bits in any order of the additions. */
  read(index: number): number {
    let sum = 0;
    let unit = HIGHEST_UNIT / RADIX ** (LIMBS - 1);
    for (let limb = LIMBS * (index + 1) - 1; limb >= LIMBS * index; limb--) {
      sum += this.#limbs[limb]! * unit;
      unit *= RADIX;
    }
    return sum;
  }

  /** Zeroes the sums. */
  clear(): void {
    this.#limbs.fill(0);
  }
}
