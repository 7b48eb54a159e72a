import { fractions } from "../../schema/parameter.ts";
import type { ServerOptimizerDefinition } from "./server-optimizer-definition.ts";
import { serverLearningRate } from "./shared-parameters.ts";

/** What a task says to apply updates with momentum. */
export interface FedAvgMSpec {
  readonly name: "fedavgm";
  /** η > 0. */
  readonly learningRate: number;
  /** β, in [0, 1). */
  readonly momentum: number;
}

/** Federated averaging with server momentum. @see arXiv:1909.06335, section 4.3 */
export const fedAvgM: ServerOptimizerDefinition<FedAvgMSpec> = {
  name: "fedavgm",
  meaning: "Applies a velocity, to which each round adds its combined update.",
  parameters: {
    learningRate: serverLearningRate(1, "Share of the velocity that is applied."),
    momentum: {
      values: fractions,
      byDefault: 0.9,
      meaning: "Share of the velocity that the next round keeps.",
    },
  },
  memory: "its velocity",
  source: "1909.06335",
};
