/** Draws uniform numbers in [0, 1). */
type Uniform = () => number;

/** How a value of a vector is drawn, by the name of the distribution. */
const DRAWS = {
  lognormal: (uniform: Uniform) => Math.exp(normal(uniform)),
  normal,
  exponential: (uniform: Uniform) => -Math.log(1 - uniform()),
  uniform: (uniform: Uniform) => 2 * uniform() - 1,
  /** All values are 0 but one in a hundred. */
  sparse: (uniform: Uniform) => (uniform() < 0.01 ? normal(uniform) : 0),
  /** Cubes of normal numbers: few values hold most of the norm. */
  heavy: (uniform: Uniform) => normal(uniform) ** 3,
} as const;

/** `spike` is normal, but its first value is as long as all the others together. */
export type Distribution = keyof typeof DRAWS | "spike";

export const distributionNames: readonly Distribution[] = [
  ...(Object.keys(DRAWS) as (keyof typeof DRAWS)[]),
  "spike",
];

/** Draws a vector of independent values. @returns Float32, shape [dimension]. */
export function drawVector(
  distribution: Distribution,
  dimension: number,
  uniform: Uniform,
): Float32Array {
  const draw = distribution === "spike" ? normal : DRAWS[distribution];
  const vector = Float32Array.from({ length: dimension }, () => draw(uniform));
  if (distribution === "spike" && dimension > 0) vector[0] = Math.sqrt(dimension);
  return vector;
}

/** Draws a standard normal number by the method of Box and Muller, of which only one of its two numbers is used. */
function normal(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
