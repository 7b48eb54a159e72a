import { positiveNumbers } from "../../schema/parameter.ts";
import type { OptimizerDefinition } from "./optimizer-definition.ts";
import { learningRate } from "./shared-parameters.ts";

/** What a plan says to train with Adagrad. */
export interface AdagradSpec {
  readonly name: "adagrad";
  readonly learningRate: number;
  /** Above 0; 0.1 if left out. */
  readonly initialAccumulator?: number;
}

/** Adagrad. @see J. Duchi, E. Hazan, Y. Singer, JMLR 12 (2011), 2121–2159 */
export const adagrad: OptimizerDefinition<AdagradSpec> = {
  name: "adagrad",
  meaning: "Adagrad.",
  memory: "the sum of its squared gradients",
  parameters: {
    learningRate: learningRate(0.01),
    initialAccumulator: {
      values: positiveNumbers(1),
      byDefault: 0.1,
      optional: true,
      meaning: "Where the sums of squared gradients begin.",
    },
  },
};
