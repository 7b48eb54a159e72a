import type { ServerOptimizerDefinition } from "./server-optimizer-definition.ts";
import { ADAPTIVE_RATE, serverLearningRate, tauParameter } from "./shared-parameters.ts";

/** What a task says to apply updates by Adagrad. */
export interface FedAdagradSpec {
  readonly name: "fedadagrad";
  /** η > 0. */
  readonly learningRate: number;
  /** τ > 0, weight units. */
  readonly tau: number;
}

/** FedAdagrad, with β₁ = 0. @see arXiv:2003.00295, Algorithm 2 */
export const fedAdagrad: ServerOptimizerDefinition<FedAdagradSpec> = {
  name: "fedadagrad",
  meaning:
    "Adagrad: divides each parameter's update by the root of the sum of the squares of all its updates.",
  parameters: { learningRate: serverLearningRate(0.01, ADAPTIVE_RATE), tau: tauParameter },
  memory: "the sum of its squared updates",
  source: "2003.00295",
};
