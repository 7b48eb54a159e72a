import type { ServerOptimizerDefinition } from "./server-optimizer-definition.ts";
import {
  ADAPTIVE_RATE,
  beta1Parameter,
  beta2Parameter,
  serverLearningRate,
  tauParameter,
} from "./shared-parameters.ts";

/** What a task says to apply updates by Adam. */
export interface FedAdamSpec {
  readonly name: "fedadam";
  /** η > 0. */
  readonly learningRate: number;
  /** β₁, in [0, 1). */
  readonly beta1: number;
  /** β₂, in [0, 1). */
  readonly beta2: number;
  /** τ > 0, weight units. */
  readonly tau: number;
}

/** FedAdam, which corrects no bias. @see arXiv:2003.00295, Algorithm 2 */
export const fedAdam: ServerOptimizerDefinition<FedAdamSpec> = {
  name: "fedadam",
  meaning:
    "Adam: divides the mean of each parameter's updates by the root of the mean of their squares.",
  parameters: {
    learningRate: serverLearningRate(0.01, ADAPTIVE_RATE),
    beta1: beta1Parameter,
    beta2: beta2Parameter,
    tau: tauParameter,
  },
  memory: "the means of its updates and of their squares",
  source: "2003.00295",
};
