import { createTrainer } from "@tributary/client-sdk";
import { planFor } from "./plan-for.ts";

const trainer = await createTrainer();
const parameters = [
  { name: "end/kernel", shape: [2, 1] },
  { name: "end/bias", shape: [1] },
];
const layers = [
  {
    class_name: "Dense",
    config: { name: "end", units: 1, activation: "sigmoid", batch_input_shape: [null, 2] },
  },
];
const topology = { class_name: "Sequential", config: { layers } };
const plan = planFor({ topology, parameters }, { loss: "binaryCrossentropy" });
const { backend, slowBecause } = await trainer.choose(plan);
const outputs = await trainer.predict({
  plan,
  weights: new Float32Array(3),
  features: Float32Array.of(1, 2),
  featureShape: [2],
  count: 1,
});
document.body.textContent = `${backend}: ${outputs[0]} (${slowBecause})`;
