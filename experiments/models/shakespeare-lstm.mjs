// Writes the model with which the experiment shakespeare-lstm begins, as a tfjs LayersModel with fresh
// weights: the character LSTM of McMahan et al. (arXiv:1602.05629, §3) with 64 units in each of its two
// layers instead of 256, and bytes for characters.
//   node experiments/models/shakespeare-lstm.mjs
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";

const BYTES = 256;
const EMBEDDING = 8;
const UNITS = 64;

const seeds = [1, 2, 3, 4, 5, 6].values();
const draw = () => tf.initializers.glorotUniform({ seed: seeds.next().value ?? 0 });
const lstm = () =>
  tf.layers.lstm({
    units: UNITS,
    returnSequences: true,
    kernelInitializer: draw(),
    recurrentInitializer: draw(),
  });
const model = tf.sequential({
  layers: [
    tf.layers.embedding({
      inputDim: BYTES,
      outputDim: EMBEDDING,
      inputShape: [80],
      embeddingsInitializer: draw(),
    }),
    lstm(),
    lstm(),
    tf.layers.dense({ units: BYTES, activation: "softmax", kernelInitializer: draw() }),
  ],
});

const folder = fileURLToPath(new URL("shakespeare-lstm/", import.meta.url));
mkdirSync(folder, { recursive: true });
await model.save(
  tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
    const text = JSON.stringify({ modelTopology, format: "layers-model", weightsManifest });
    writeFileSync(`${folder}model.json`, `${text}\n`);
    writeFileSync(`${folder}weights.bin`, new Uint8Array(/** @type {ArrayBuffer} */ (weightData)));
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
  }),
);
