import { flags, fractions } from "../../schema/parameter.ts";
import type { OptimizerDefinition } from "./optimizer-definition.ts";
import { learningRate } from "./shared-parameters.ts";

/** What a plan says to train with stochastic gradient descent. */
export interface SgdSpec {
  readonly name: "sgd";
  readonly learningRate: number;
  /** In [0, 1); 0 if left out. */
  readonly momentum?: number;
  /** False if left out. */
  readonly nesterov?: boolean;
}

/** Stochastic gradient descent: w ← w − learningRate · g, or with a velocity that has momentum. */
export const sgd: OptimizerDefinition<SgdSpec> = {
  name: "sgd",
  meaning: "Stochastic gradient descent.",
  memory: "nothing; with momentum its velocity",
  parameters: {
    learningRate: learningRate(0.1),
    momentum: {
      values: fractions,
      byDefault: 0,
      optional: true,
      meaning: "Share of the last step that the next one keeps.",
    },
    nesterov: {
      values: flags,
      byDefault: false,
      optional: true,
      meaning: "Whether momentum has Nesterov's form.",
    },
  },
};
