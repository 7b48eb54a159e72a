/**
 * Labelled examples that a client trains on or evaluates on. They never leave the device.
 *
 * The arrays are flat: the values of example `i` are the ones from `i * size` up to `(i + 1) *
 * size`, `size` being the product of the shape.
 */
export interface Examples {
  /** The inputs, row-major, shape [count, ...featureShape]. All values must be finite. */
  readonly features: Float32Array;
  /** The shape of one example's features, such as `[28, 28, 1]` for a grey image. */
  readonly featureShape: readonly number[];
  /**
   * The labels, row-major, shape [count, ...labelShape]: class indices or values. All must be
   * finite.
   */
  readonly labels: Float32Array | Int32Array;
  /** The shape of one label: `[]` for a class index or a single value. */
  readonly labelShape: readonly number[];
  /**
   * The names of the classes, in the order of their indices, where whoever made the examples has
   * numbered the classes that it found in them. A data contract numbers them again by their names.
   */
  readonly classNames?: readonly string[];
  /** The number of examples. */
  readonly count: number;
}
