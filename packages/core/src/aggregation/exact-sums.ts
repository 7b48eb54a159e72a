/** One sum for each value of an update, in weight units. */
export interface ExactSums {
  readonly dimension: number;
  /** Fills `target` with the sums from `offset` on. It must not reach beyond the last sum. */
  read(offset: number, target: Float64Array): void;
}

/** The integers of an accumulator: sum i is high[i] · 2³² + low[i], in units of 2⁻³². */
export interface ExactParts {
  /** Integers within ±2⁵³; from 0 to 2³² if there is a `high`. */
  readonly low: Float64Array;
  /** Integers; undefined stands for zeros. */
  readonly high: Float64Array | undefined;
  /** No |low[i]| exceeds this; ≤ 2⁵³. */
  readonly bound: number;
}
