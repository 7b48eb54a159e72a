// Writes a workload of `bench simulate` to a folder that the peers read.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { makeWorkload } from "../dist/simulate/simulate-workloads.js";

/**
 * @param {string} folder - Exists.
 * @param {{ workload: string, seed: number, rounds: number, threads: number }} options
 */
export function writeWorkload(folder, { workload: name, seed, rounds, threads }) {
  const { terms, data, warmUp } = makeWorkload(name, seed, createNodeCryptoProvider());
  const { task, model, clients } = terms;
  const { features, labels, featureShape } = data.train;
  const settings = {
    ...{ name, clients, featureShape, rounds, warmUp, threads },
    batchSize: task.plan.batchSize,
    learningRate: task.plan.optimizer.learningRate,
  };
  writeFileSync(join(folder, "workload.json"), JSON.stringify(settings));
  writeFileSync(join(folder, "features.f32"), bytesOf(features));
  writeFileSync(join(folder, "labels.i32"), bytesOf(labels));
  writeFileSync(join(folder, "weights.f32"), bytesOf(model.values));
}

/** @param {Float32Array | Int32Array} values */
const bytesOf = (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
