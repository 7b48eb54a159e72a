/** One sum for each value of an update, weight units. */
export interface ExactSums {
  readonly dimension: number;
  /** Copies the sums from `offset` on; fills `target`, which must not reach past the last. */
  read(offset: number, target: Float64Array): void;
}

/** The integers of an accumulator: sum i is high[i] · 2³² + low[i], in units of 2⁻³². */
export interface ExactParts {
  /** Integers within ±2⁵³; from 0 to 2³² where there is a `high`. */
  readonly low: Float64Array;
  readonly high: Float64Array | undefined;
  /** No |low[i]| exceeds this; ≤ 2⁵³. */
  readonly bound: number;
}
