import type { ParameterPenalty } from "../compile/layer-node.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";
import type { ParameterPlaces } from "./parameter-places.ts";

/** What regularizers add to the loss of a batch. */
export interface Penalties {
  /** Whether no parameter has one. */
  readonly areNone: boolean;
  /** @returns Σ l1 · |w| + l2 · w² over all parameters that have a regularizer. */
  loss(): number;
  /** Adds the gradient of that sum to the gradient of the parameters. */
  addGradient(): void;
}

/** Makes the penalties of a model. The gradient of l1 · |w| is 0 where w is. */
export function penaltiesOf(
  kernels: TrainingKernels,
  penalties: readonly ParameterPenalty[],
  parameters: ParameterPlaces,
): Penalties {
  const placed = penalties.map(({ parameter, l1, l2 }) => ({
    ...{ l1, l2, size: parameters.sizeOf(parameter) },
    ...parameters.of(parameter),
  }));
  return {
    areNone: placed.length === 0,
    loss: () =>
      placed.reduce(
        (sum, { l1, l2, values, size }) =>
          sum +
          (l1 === 0 ? 0 : l1 * kernels.sumOfSizes(values, size)) +
          (l2 === 0 ? 0 : l2 * kernels.sumOfSquares(values, size)),
        0,
      ),
    addGradient() {
      for (const { l1, l2, values, gradient, size } of placed) {
        if (gradient === 0) continue;
        if (l1 !== 0) kernels.addSigns(values, gradient, size, l1);
        if (l2 !== 0) kernels.addScaled(values, gradient, size, 2 * l2);
      }
    },
  };
}
