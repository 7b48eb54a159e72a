/** The number of values in an array of this shape: 1 for a scalar, whose shape is empty. */
export function shapeSize(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
