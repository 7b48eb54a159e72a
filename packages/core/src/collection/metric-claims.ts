import { mostOf, type MeasureName, type MetricValue } from "@tributary/protocol";

/** The largest value of a measure. A larger loss only says that training has diverged. */
const LARGEST = 2 ** 16;

/** From so many reports on, the lowest and the highest claims do not count. */
const FEWEST_TO_TRIM = 3;

/** The share of the claims that does not count at each end, rounded up. */
const TRIMMED = 0.1;

/** What one report claims. */
interface Claim {
  /** In the order of the names. */
  readonly values: readonly number[];
  readonly weight: number;
}

/**
 * What the reports of a round claim to have measured. Nobody can check a claim, and a task may end
 * by it. So the mean of a measure is a trimmed one: of three reports and more, the tenth with the
 * lowest and the tenth with the highest values do not count, rounded up. One claim then moves the
 * mean within what the others claim, and no further.
 */
export class MetricClaims {
  readonly #names: readonly MeasureName[];
  readonly #claims: Claim[] = [];
  #exampleCount = 0;

  constructor(names: readonly MeasureName[]) {
    this.#names = names;
  }

  /** Number of reports that have been added. */
  get reportCount(): number {
    return this.#claims.length;
  }

  /** Number of examples that the reports claim. */
  get exampleCount(): number {
    return this.#exampleCount;
  }

  /**
   * Adds the metrics of one report. Metrics inform and do not steer the model, so a value outside
   * the range of its measure is brought into it instead of costing the report.
   * @param exampleCount - A whole number ≥ 1.
   * @param weight - For how many examples the report counts; ≥ 1.
   * @param metrics - Finite values; those of other names are ignored.
   */
  add(exampleCount: number, weight: number, metrics: readonly MetricValue[]): void {
    const values = this.#names.map((name) => {
      const value = metrics.find((metric) => metric.name === name)?.value ?? 0;
      return Math.max(0, Math.min(value, mostOf(name), LARGEST));
    });
    this.#claims.push({ values, weight });
    this.#exampleCount += exampleCount;
  }

  /**
   * Returns the trimmed mean of each measure by its name, weighted by what the reports count for;
   * empty before the first report. With one or two reports it is their mean.
   */
  means(): Record<string, number> {
    const count = this.#claims.length;
    if (count === 0) return {};
    const trimmed = count < FEWEST_TO_TRIM ? 0 : Math.ceil(count * TRIMMED);
    return Object.fromEntries(
      this.#names.map((name, index) => {
        // Sorted, also among equal values, so that the order of the reports does not matter.
        const sorted = this.#claims
          .map(({ values, weight }) => ({ value: values[index]!, weight }))
          .sort((a, b) => a.value - b.value || a.weight - b.weight)
          .slice(trimmed, count - trimmed);
        return [name, meanOf(sorted)];
      }),
    );
  }
}

/**
 * The weighted mean of ascending values. It is computed as a distance from the lowest one, so that
 * the mean of equal values is that value and not one that rounding has moved.
 */
function meanOf(claims: readonly { readonly value: number; readonly weight: number }[]): number {
  const lowest = claims[0]!.value;
  let sum = 0;
  let weights = 0;
  for (const { value, weight } of claims) {
    sum += weight * (value - lowest);
    weights += weight;
  }
  return lowest + sum / weights;
}
