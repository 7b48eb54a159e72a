import type { Plan } from "../src/plan/plan.ts";

/**
 * A small plan that uses every part of the schema. Its hash and signature are frozen: do not change
 * it.
 */
export const samplePlan: Plan = {
  version: 1,
  task: "next-digit",
  population: "keyboard",
  model: {
    format: "tfjs-layers-model",
    topology: {
      class_name: "Sequential",
      config: {
        name: "tiny",
        layers: [
          {
            class_name: "Dense",
            config: { name: "hidden", units: 3, batch_input_shape: [null, 2] },
          },
          { class_name: "Dense", config: { name: "output", units: 2, note: "\u20ac\n" } },
        ],
      },
    },
    parameters: [
      { name: "hidden/kernel", shape: [2, 3] },
      { name: "hidden/bias", shape: [3] },
      { name: "output/kernel", shape: [3, 2] },
      { name: "output/bias", shape: [2] },
    ],
  },
  training: {
    localEpochs: 1,
    batchSize: 10,
    optimizer: { name: "sgd", learningRate: 0.1, momentum: 0, nesterov: false },
    loss: "categoricalCrossentropy",
    metrics: ["accuracy"],
    trainable: "all",
  },
  download: { encoding: "float32" },
  update: { codec: "uniform", bits: 8 },
  clipNorm: 1e-7,
  aggregation: { rule: "multiKrum", byzantine: 2, selected: 4 },
  minimumCohort: 8,
};
