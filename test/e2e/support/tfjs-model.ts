import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { PIXELS, type Digits } from "./digits.ts";

// Else tfjs recommends its native backend on every run.
tf.env().set("IS_TEST", true);

/** Loads a tfjs model from a folder as any user of tfjs would, with nothing of the project's. */
export async function loadTfjsFolder(folder: string): Promise<tf.LayersModel> {
  const { modelTopology, weightsManifest } = await readModelJson(folder);
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  const weightData = await readTfjsWeights(folder);
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
}

/** SHA-256 of a tfjs folder's weights, in the order of its manifest. */
export async function hashOfWeights(folder: string): Promise<string> {
  return createHash("sha256")
    .update(new Uint8Array(await readTfjsWeights(folder)))
    .digest("hex");
}

async function readTfjsWeights(folder: string): Promise<ArrayBuffer> {
  const { weightsManifest } = await readModelJson(folder);
  const paths = weightsManifest.flatMap((group) => group.paths);
  const bytes = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(folder, path)))));
  return new Uint8Array(bytes).buffer;
}

async function readModelJson(folder: string): Promise<tf.io.ModelJSON> {
  return JSON.parse(await readFile(join(folder, "model.json"), "utf8")) as tf.io.ModelJSON;
}

const BATCH = 1_000;

/** The model's output for digits as grey values in [0, 1]: shape [digits, 10], flat. */
export async function predictDigits(
  model: tf.LayersModel,
  { pixels, labels }: Digits,
): Promise<Float32Array> {
  const inputShape = model.inputs[0]?.shape.slice(1).map(Number) ?? [];
  const outputs: Float32Array[] = [];
  for (let from = 0; from < labels.length; from += BATCH) {
    const to = Math.min(labels.length, from + BATCH);
    const grey = Float32Array.from(pixels.subarray(from * PIXELS, to * PIXELS), (p) => p / 255);
    const output = tf.tidy(() => {
      const predicted = model.predict(tf.tensor(grey, [to - from, ...inputShape]));
      if (Array.isArray(predicted)) throw new Error("The model has several outputs");
      return predicted;
    });
    outputs.push(new Float32Array(await output.data()));
    output.dispose();
  }
  return Float32Array.from(outputs.flatMap((part) => [...part]));
}

/** How many digits the model names rightly. */
export async function countRight(model: tf.LayersModel, digits: Digits): Promise<number> {
  const scores = await predictDigits(model, digits);
  let right = 0;
  digits.labels.forEach((label, index) => {
    const row = scores.subarray(index * 10, index * 10 + 10);
    if (row.indexOf(Math.max(...row)) === label) right += 1;
  });
  return right;
}
