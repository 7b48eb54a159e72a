import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { buildLayersModel } from "../src/models/layers-model.ts";
import { createTfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { describeModel, planFor } from "./support/model-task.ts";
import { testRandom } from "./support/test-random.ts";

const { layers } = tf;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The topology of a model with one GRU of one unit, as Keras writes it. */
const topology = (wrapped: boolean): object => {
  const gru = {
    class_name: "GRU",
    config: {
      name: "gru",
      ...(wrapped ? {} : { batch_input_shape: [null, 2, 1] }),
      ...{ units: 1, reset_after: true, activation: "tanh", recurrent_activation: "sigmoid" },
    },
  };
  const both = {
    class_name: "Bidirectional",
    config: { name: "both", batch_input_shape: [null, 2, 1], layer: gru, merge_mode: "concat" },
  };
  return { class_name: "Sequential", config: { name: "model", layers: [wrapped ? both : gru] } };
};

const KERNEL = [0.3, -0.5, 0.8];
const RECURRENT = [0.7, 0.2, -0.6];
const INPUT_BIAS = [0.1, 0.4, -0.2];
const STATE_BIAS = [-0.3, 0.5, 0.9];
const WEIGHTS = [...KERNEL, ...RECURRENT, ...INPUT_BIAS, ...STATE_BIAS];

/** The last state of the GRU, by the formulas of Keras. */
function lastState(inputs: readonly number[]): number {
  let h = 0;
  for (const x of inputs) {
    const ofInput = KERNEL.map((k, i) => x * k + INPUT_BIAS[i]!);
    const ofState = RECURRENT.map((k, i) => h * k + STATE_BIAS[i]!);
    const z = sigmoid(ofInput[0]! + ofState[0]!);
    const r = sigmoid(ofInput[1]! + ofState[1]!);
    h = z * h + (1 - z) * Math.tanh(ofInput[2]! + r * ofState[2]!);
  }
  return h;
}

describe("a GRU", () => {
  const parametersIn = (layer: string): { name: string; shape: number[] }[] => [
    { name: `${layer}/kernel`, shape: [1, 3] },
    { name: `${layer}/recurrent_kernel`, shape: [1, 3] },
    { name: `${layer}/bias`, shape: [2, 3] },
  ];

  it("resets its state after the multiplication where the model says so", async () => {
    const description = { topology: topology(false), parameters: parametersIn("gru") };
    const model = await buildLayersModel(description, Float32Array.from(WEIGHTS));
    const [output] = await (model.predict(tf.tensor([0.5, -1.2], [1, 2, 1])) as tf.Tensor).data();
    expect(output).toBeCloseTo(lastState([0.5, -1.2]), 6);
    // What tfjs saves says so as well.
    expect(JSON.stringify(model.toJSON(null, false))).toContain('"reset_after":true');
    model.dispose();
  });

  it("does so within a layer that goes both ways", async () => {
    const parameters = [...parametersIn("both/forward_gru"), ...parametersIn("both/backward_gru")];
    const model = await buildLayersModel(
      { topology: topology(true), parameters },
      Float32Array.from([...WEIGHTS, ...WEIGHTS]),
    );
    const outputs = await (model.predict(tf.tensor([0.5, -1.2], [1, 2, 1])) as tf.Tensor).data();
    expect(outputs[0]).toBeCloseTo(lastState([0.5, -1.2]), 6);
    expect(outputs[1]).toBeCloseTo(lastState([-1.2, 0.5]), 6);
    model.dispose();
  });

  it("keeps a bounded state when a part of it is dropped for a long time", async () => {
    const model = tf.sequential({
      layers: [
        layers.gru({ inputShape: [60, 3], units: 8, recurrentDropout: 0.5 }),
        layers.dense({ units: 1 }),
      ],
    });
    const { description, values } = describeModel(model);
    const plan = planFor(description, { loss: "meanSquaredError", metrics: [] });
    const count = 10;
    const examples = {
      features: Float32Array.from({ length: count * 180 }, (_, i) => Math.sin(1.9 * i)),
      ...{ featureShape: [60, 3], labels: new Float32Array(count), labelShape: [1], count },
    };
    const trainer = await createTfjsTrainer({ backend: "wasm" });
    const request = { plan, weights: values, examples };
    const { metrics } = await trainer.train({ ...request, random: testRandom(1) });
    // A state is a mean of numbers from −1 to 1, and the dense layer adds up eight of them.
    expect(metrics["loss"]).toBeLessThan((8 * 0.3 + 0.3) ** 2);
    const again = await trainer.train({ ...request, random: testRandom(1) });
    expect(again.metrics).toEqual(metrics);
    trainer.dispose();
  });
});
