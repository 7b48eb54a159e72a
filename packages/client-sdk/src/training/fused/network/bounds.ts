import type { ParameterBound } from "../compile/layer-node.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";
import type { ParameterPlaces } from "./parameter-places.ts";

/** Keeps a norm of 0 from being divided by, as in Keras. */
const EPSILON = 1e-7;

/**
 * Makes a function that brings the parameters back within the bounds of their constraints. It is
 * called after every step of the optimizer.
 */
export function keepBounds(
  kernels: TrainingKernels,
  bounds: readonly ParameterBound[],
  parameters: ParameterPlaces,
): () => void {
  const trained = bounds.filter(({ parameter }) => parameters.of(parameter).gradient !== 0);
  return () => {
    for (const bound of trained) {
      const size = parameters.sizeOf(bound.parameter);
      const values = kernels.values(parameters.of(bound.parameter).values, size);
      if (bound.kind === "norm") boundNorms(values, bound);
      else values.forEach((value, i) => (values[i] = Math.max(value, 0)));
    }
  };
}

/** Moves the norm of each column of a matrix between two bounds. */
function boundNorms(
  values: Float32Array,
  { columns, low, high, rate }: Extract<ParameterBound, { kind: "norm" }>,
): void {
  for (let column = 0; column < columns; column++) {
    let squares = 0;
    for (let i = column; i < values.length; i += columns) squares += values[i]! * values[i]!;
    const norm = Math.sqrt(squares);
    const wanted = rate * Math.min(Math.max(norm, low), high) + (1 - rate) * norm;
    const factor = Math.fround(wanted / (EPSILON + norm));
    for (let i = column; i < values.length; i += columns) values[i] = values[i]! * factor;
  }
}
