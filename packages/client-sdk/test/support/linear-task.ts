import {
  checkpointIdOf,
  encodeCheckpoint,
  encodePlan,
  planIdOf,
  signPlan,
  type CheckpointId,
  type CryptoProvider,
  type Plan,
  type PlanId,
  type ServerSecrets,
} from "@tributary/protocol";
import type { Examples } from "../../src/index.ts";

/**
 * A linear model with two inputs: the smallest model with two parameter tensors. tfjs can build it
 * too.
 */
export const LINEAR_TOPOLOGY = {
  class_name: "Sequential",
  config: {
    name: "linear",
    layers: [
      {
        class_name: "Dense",
        config: {
          name: "dense",
          units: 1,
          activation: "linear",
          use_bias: true,
          batch_input_shape: [null, 2],
          dtype: "float32",
        },
      },
    ],
  },
};

export function linearPlan(changes: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    task: "line",
    population: "test",
    model: {
      format: "tfjs-layers-model",
      topology: LINEAR_TOPOLOGY,
      parameters: [
        { name: "dense/kernel", shape: [2, 1] },
        { name: "dense/bias", shape: [1] },
      ],
    },
    training: {
      localEpochs: 3,
      batchSize: 4,
      optimizer: { name: "sgd", learningRate: 0.1 },
      loss: "meanSquaredError",
      metrics: [],
      trainable: "all",
    },
    download: { encoding: "float32" },
    update: { codec: "float32" },
    clipNorm: null,
    aggregation: { rule: "mean" },
    minimumCohort: 2,
    ...changes,
  };
}

/** A plan for a model of one long parameter vector, whose updates have many chunks. */
export function widePlan(size: number, changes: Partial<Plan> = {}): Plan {
  const { model } = linearPlan();
  return linearPlan({
    model: { ...model, parameters: [{ name: "dense/kernel", shape: [size] }] },
    ...changes,
  });
}

/** Eight examples of y = 2a − 3b + 1 on a small grid. */
export function lineExamples(): Examples {
  const features: number[] = [];
  const labels: number[] = [];
  for (let i = 0; i < 8; i++) {
    const a = (i % 4) / 3;
    const b = i < 4 ? 0 : 1;
    features.push(a, b);
    labels.push(2 * a - 3 * b + 1);
  }
  return {
    features: Float32Array.from(features),
    featureShape: [2],
    labels: Float32Array.from(labels),
    labelShape: [],
    count: 8,
  };
}

/** A plan and a checkpoint, as a server holds them. */
export interface ServedModel {
  readonly plan: Plan;
  readonly planId: PlanId;
  readonly planBytes: Uint8Array;
  readonly planSignature: Uint8Array;
  readonly checkpointId: CheckpointId;
  readonly checkpointBytes: Uint8Array;
}

export function servedModel(
  crypto: CryptoProvider,
  secrets: ServerSecrets,
  plan: Plan,
  weights: Float32Array,
): ServedModel {
  const planBytes = encodePlan(plan);
  const checkpointBytes = encodeCheckpoint(weights).slice();
  return {
    plan,
    planBytes,
    planId: planIdOf(crypto, planBytes),
    planSignature: signPlan(crypto, secrets.signingSeed, planBytes),
    checkpointBytes,
    checkpointId: checkpointIdOf(crypto, checkpointBytes),
  };
}
