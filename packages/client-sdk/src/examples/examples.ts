/** Labelled examples that a client trains or evaluates on. They never leave the device. */
export interface Examples {
  /** Row-major, shape [count, ...featureShape]; finite. */
  readonly features: Float32Array;
  /** Shape of one example, such as `[28, 28, 1]`. */
  readonly featureShape: readonly number[];
  /** Class indices or values, shape [count, ...labelShape]; finite. */
  readonly labels: Float32Array | Int32Array;
  /** Shape of one label: `[]` for a class index or a single value. */
  readonly labelShape: readonly number[];
  /** Number of examples. */
  readonly count: number;
}
