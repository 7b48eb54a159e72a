// Trains some models with the fused trainer and names what became of them by hashes: the same in every runtime.
import { createFusedTrainer, type Examples, type Plan } from "@tributary/client-sdk";
import {
  builtinModel,
  checkpointIdOf,
  createLibsodiumProvider,
  encodeCheckpoint,
  layoutOf,
  seededRandom,
  xoshiro128,
  type ModelDescription,
} from "@tributary/protocol";

import { planFor } from "./plan-for.ts";

/** SHA-256 of the trained weights and the loss, by the model's name. */
export type Fingerprints = Readonly<Record<string, string>>;

const BATCH = 10;

interface Case {
  readonly description: ModelDescription;
  readonly values: Float32Array;
  readonly featureShape: readonly number[];
  readonly steps: number;
  readonly optimizer: Plan["training"]["optimizer"];
}

/** @param backend - Of the fused trainer. */
export async function fingerprints(backend: "wasm" | "reference"): Promise<Fingerprints> {
  const crypto = await createLibsodiumProvider();
  const random = seededRandom(crypto, 3);
  const sgd = { name: "sgd", learningRate: 0.05 } as const;
  const builtin = (name: string, featureShape: readonly number[], steps: number): Case => ({
    ...builtinModel(name, random),
    featureShape,
    steps,
    optimizer: sgd,
  });
  const cases: Readonly<Record<string, Case>> = {
    "logistic-regression": builtin("logistic-regression", [784], 20),
    "mcmahan-2nn": builtin("mcmahan-2nn", [784], 5),
    ...(backend === "wasm" ? { "mcmahan-cnn": builtin("mcmahan-cnn", [28, 28, 1], 2) } : {}),
    recurrent: recurrent(),
  };
  const trainer = await createFusedTrainer({ backend });
  const found: Record<string, string> = {};
  for (const [name, one] of Object.entries(cases)) {
    const { weights, metrics } = await trainer.train({
      plan: planFor(one.description, { batchSize: BATCH, optimizer: one.optimizer }),
      weights: one.values,
      examples: noise(one.steps * BATCH, one.featureShape),
      random: random.derive("train"),
    });
    found[name] = `${checkpointIdOf(crypto, encodeCheckpoint(weights))} ${metrics["loss"]}`;
  }
  trainer.dispose();
  return found;
}

/** An LSTM with dropout and GELU, trained by Adam: exp, tanh, square roots and random numbers of our own. */
function recurrent(): Case {
  const parameters = [
    { name: "lstm/kernel", shape: [5, 28] },
    { name: "lstm/recurrent_kernel", shape: [7, 28] },
    { name: "lstm/bias", shape: [28] },
    { name: "middle/kernel", shape: [7, 9] },
    { name: "middle/bias", shape: [9] },
    { name: "end/kernel", shape: [9, 10] },
    { name: "end/bias", shape: [10] },
  ];
  const layers = [
    { class_name: "LSTM", config: { name: "lstm", units: 7, batch_input_shape: [null, 6, 5] } },
    { class_name: "Dropout", config: { name: "dropout", rate: 0.3 } },
    { class_name: "Dense", config: { name: "middle", units: 9, activation: "gelu" } },
    { class_name: "Dense", config: { name: "end", units: 10, activation: "softmax" } },
  ];
  const next = xoshiro128(new Uint8Array(16).fill(7));
  return {
    description: { topology: { class_name: "Sequential", config: { layers } }, parameters },
    values: Float32Array.from({ length: layoutOf(parameters).size }, () => next() / 2 ** 32 - 0.5),
    featureShape: [6, 5],
    steps: 20,
    optimizer: { name: "adam", learningRate: 0.01 },
  };
}

function noise(count: number, featureShape: readonly number[]): Examples {
  const size = featureShape.reduce((product, length) => product * length, 1);
  const next = xoshiro128(new Uint8Array(16).fill(5));
  const features = Float32Array.from({ length: count * size }, () => next() / 2 ** 32);
  const labels = Int32Array.from({ length: count }, () => next() % 10);
  return { features, featureShape, labels, labelShape: [], count };
}
