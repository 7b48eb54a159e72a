import type { Plan } from "@tributary/client-sdk";
import type { ModelDescription } from "@tributary/protocol";

/** A plan for a model, with settings of little interest filled in. */
export function planFor(
  description: ModelDescription,
  training: Partial<Plan["training"]> = {},
): Plan {
  return {
    version: 1,
    task: "fingerprints",
    population: "test",
    model: { format: "tfjs-layers-model", ...description },
    training: {
      localEpochs: 1,
      batchSize: 1,
      optimizer: { name: "sgd", learningRate: 0.1 },
      loss: "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
      trainable: "all",
      ...training,
    },
    download: { encoding: "float32" },
    update: { codec: "float32" },
    clipNorm: null,
    aggregation: { rule: "mean" },
    minimumCohort: 1,
  };
}
