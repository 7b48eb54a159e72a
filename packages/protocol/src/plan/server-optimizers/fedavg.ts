import type { ServerOptimizerDefinition } from "./server-optimizer-definition.ts";
import { serverLearningRate } from "./shared-parameters.ts";

/** What a task says to apply the combined update as it is. */
export interface FedAvgSpec {
  readonly name: "fedavg";
  /** η > 0; 1 is plain federated averaging. */
  readonly learningRate: number;
}

/** Federated averaging. @see arXiv:1602.05629, Algorithm 1; η as in arXiv:2003.00295, Algorithm 1 */
export const fedAvg: ServerOptimizerDefinition<FedAvgSpec> = {
  name: "fedavg",
  meaning: "Applies the combined update of the round.",
  parameters: {
    learningRate: serverLearningRate(1, "Share of the combined update that is applied."),
  },
  memory: "nothing",
  source: "1602.05629",
};
