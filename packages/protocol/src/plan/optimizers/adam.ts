import { fractions } from "../../schema/parameter.ts";
import type { OptimizerDefinition } from "./optimizer-definition.ts";
import { epsilonParameter, learningRate } from "./shared-parameters.ts";

/** What a plan says to train with Adam. */
export interface AdamSpec {
  readonly name: "adam";
  readonly learningRate: number;
  /** In [0, 1); 0.9 if left out. */
  readonly beta1?: number;
  /** In [0, 1); 0.999 if left out. */
  readonly beta2?: number;
  /** Above 0; 1e-7 if left out. */
  readonly epsilon?: number;
}

/** Adam. @see arXiv:1412.6980, Algorithm 1 */
export const adam: OptimizerDefinition<AdamSpec> = {
  name: "adam",
  meaning: "Adam.",
  memory: "the means of its gradients and of their squares",
  parameters: {
    learningRate: learningRate(0.001),
    beta1: {
      values: fractions,
      byDefault: 0.9,
      optional: true,
      meaning: "Decay of the mean of the gradients.",
    },
    beta2: {
      values: fractions,
      byDefault: 0.999,
      optional: true,
      meaning: "Decay of the mean of their squares.",
    },
    epsilon: epsilonParameter,
  },
};
