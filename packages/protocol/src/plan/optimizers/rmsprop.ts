import { fractions } from "../../schema/parameter.ts";
import type { OptimizerDefinition } from "./optimizer-definition.ts";
import { epsilonParameter, learningRate } from "./shared-parameters.ts";

/** What a plan says to train with RMSProp. */
export interface RmsPropSpec {
  readonly name: "rmsprop";
  readonly learningRate: number;
  /** In [0, 1); 0.9 if left out. */
  readonly decay?: number;
  /** In [0, 1); 0 if left out. */
  readonly momentum?: number;
  /** Above 0; 1e-7 if left out. */
  readonly epsilon?: number;
}

/**
 * RMSProp.
 * @see T. Tieleman, G. Hinton, COURSERA: Neural Networks for Machine Learning, lecture 6.5
 */
export const rmsprop: OptimizerDefinition<RmsPropSpec> = {
  name: "rmsprop",
  meaning: "RMSProp.",
  memory: "the mean of its squared gradients, and its velocity",
  parameters: {
    learningRate: learningRate(0.001),
    decay: {
      values: fractions,
      byDefault: 0.9,
      optional: true,
      meaning: "Decay of the mean of squared gradients.",
    },
    momentum: {
      values: fractions,
      byDefault: 0,
      optional: true,
      meaning: "Share of the last step that the next one keeps.",
    },
    epsilon: epsilonParameter,
  },
};
