/** The values divided by a number, in place. */
export function divided(values: Float64Array, divisor: number): Float64Array {
  for (let i = 0; i < values.length; i++) values[i]! /= divisor;
  return values;
}

/** The sum of the squares. */
export function squaresOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

/** The values multiplied by a number, in place. */
export function scaled(values: Float32Array, factor: number): Float32Array {
  for (let i = 0; i < values.length; i++) values[i]! *= factor;
  return values;
}
