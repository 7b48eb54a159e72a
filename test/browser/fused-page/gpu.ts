// Trains a large model with what the SDK chooses for it.
import { createTrainer } from "@tributary/client-sdk";
import { createLibsodiumProvider, seededRandom } from "@tributary/protocol";
import { planFor } from "./plan-for.ts";

const UNITS = 1_024;
const parameters = [
  { name: "wide/kernel", shape: [UNITS, UNITS] },
  { name: "end/kernel", shape: [UNITS, 2] },
];
const layers = [
  {
    class_name: "Dense",
    config: {
      ...{ name: "wide", units: UNITS, use_bias: false, activation: "relu" },
      batch_input_shape: [null, UNITS],
    },
  },
  {
    class_name: "Dense",
    config: { name: "end", units: 2, use_bias: false, activation: "softmax" },
  },
];
const topology = { class_name: "Sequential", config: { layers } };
const plan = planFor({ topology, parameters });
const trainer = await createTrainer();
const { metrics } = await trainer.train({
  plan,
  weights: Float32Array.from({ length: UNITS * (UNITS + 2) }, (_, i) => Math.sin(i) / UNITS),
  examples: {
    features: new Float32Array(2 * UNITS).fill(1),
    featureShape: [UNITS],
    labels: Int32Array.of(0, 1),
    labelShape: [],
    count: 2,
  },
  random: seededRandom(await createLibsodiumProvider(), 1),
});
document.body.textContent = JSON.stringify({
  ...(await trainer.choose(plan)),
  loss: metrics["loss"],
});
