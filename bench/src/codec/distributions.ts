/** Draws uniform numbers in [0, 1). */
type Uniform = () => number;

/** What a value of a vector is drawn from. `spike` has one value as long as all others together. */
const DRAWS = {
  lognormal: (uniform: Uniform) => Math.exp(normal(uniform)),
  normal,
  exponential: (uniform: Uniform) => -Math.log(1 - uniform()),
  uniform: (uniform: Uniform) => 2 * uniform() - 1,
  /** One value in a hundred is not 0. */
  sparse: (uniform: Uniform) => (uniform() < 0.01 ? normal(uniform) : 0),
  /** Cubes of normal numbers: few values hold most of the norm. */
  heavy: (uniform: Uniform) => normal(uniform) ** 3,
} as const;

export type Distribution = keyof typeof DRAWS | "spike";

export const distributionNames: readonly Distribution[] = [
  ...(Object.keys(DRAWS) as (keyof typeof DRAWS)[]),
  "spike",
];

/** A vector of independent values. @param uniform - Draws uniform numbers in [0, 1). */
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

/** Box and Muller, the half of it. */
function normal(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
