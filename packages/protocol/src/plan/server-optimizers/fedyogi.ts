import type { ServerOptimizerDefinition } from "./server-optimizer-definition.ts";
import {
  ADAPTIVE_RATE,
  beta1Parameter,
  beta2Parameter,
  serverLearningRate,
  tauParameter,
} from "./shared-parameters.ts";

/** What a task says to apply updates by Yogi. */
export interface FedYogiSpec {
  readonly name: "fedyogi";
  /** η > 0. */
  readonly learningRate: number;
  /** β₁, in [0, 1). */
  readonly beta1: number;
  /** β₂, in [0, 1). */
  readonly beta2: number;
  /** τ > 0, weight units. */
  readonly tau: number;
}

/** FedYogi. @see arXiv:2003.00295, Algorithm 2 */
export const fedYogi: ServerOptimizerDefinition<FedYogiSpec> = {
  name: "fedyogi",
  meaning:
    "Yogi: as Adam, but a round changes the memory of squares by a share of its own square and no more, so that large updates are forgotten slowly.",
  parameters: {
    learningRate: serverLearningRate(0.01, ADAPTIVE_RATE),
    beta1: beta1Parameter,
    beta2: beta2Parameter,
    tau: tauParameter,
  },
  memory: "the mean of its updates, and a measure of their squares",
  source: "2003.00295",
};
