/** One sum for each value of an update, in the unit of the model's parameters. */
export interface ExactSums {
  /** Number of sums. */
  readonly dimension: number;
  /** Fills `target` with the sums from `offset` on. `target` must not reach beyond the last sum. */
  read(offset: number, target: Float64Array): void;
}

/** The integers of an accumulator: sum i is high[i] · 2⁴⁰ + low[i], in units of 2⁻³². */
export interface ExactParts {
  /** Integers within ±2⁵³; if there is a `high`, they are from 0 to 2⁴⁰. */
  readonly low: Float64Array;
  /** Integers; undefined when all of them are 0. */
  readonly high: Float64Array | undefined;
  /** No |low[i]| exceeds this; ≤ 2⁵³. */
  readonly bound: number;
}
