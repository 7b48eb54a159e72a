import { builtinModel, type ModelDescription } from "@tributary/protocol";
import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, it } from "vitest";
import { createTrainer } from "../../src/engine-choice/choose-engine.ts";
import { createNativeTrainer } from "../../src/training/native/native-trainer.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { testRandom } from "../support/test-random.ts";

const lstm = tf.sequential({
  layers: [tf.layers.lstm({ inputShape: [20, 64], units: 128 }), tf.layers.dense({ units: 3 })],
});
const cnn = builtinModel("mcmahan-cnn", testRandom(1)).description;

describe("auto, where ONNX Runtime is installed", () => {
  it.each<[string, ModelDescription]>([
    ["a convolutional model", cnn],
    ["a recurrent model", describeModel(lstm).description],
  ])("takes the native engine for the large steps of %s, and says why", async (_, model) => {
    const trainer = await createTrainer();
    expect(await trainer.choose(planFor(model, { batchSize: 10 }))).toEqual({
      engine: "native",
      backend: "onnxruntime",
      reason: expect.stringMatching(/a step takes \d+ million operations/) as string,
    });
    trainer.dispose();
  });

  it.each<[string, ModelDescription, Parameters<typeof createTrainer>[0]]>([
    ["small steps", builtinModel("mcmahan-2nn", testRandom(1)).description, {}],
    ["runs that must repeat anywhere", cnn, { repeatable: true }],
    ["an app that names the backend", cnn, { backend: "wasm" }],
  ])("takes the fused engine for %s", async (_, description, options) => {
    const trainer = await createTrainer(options);
    const { engine } = await trainer.choose(planFor(description, { batchSize: 10 }));
    expect(engine).toBe("fused");
    trainer.dispose();
  });
});

describe("the native engine", () => {
  const { description, values } = builtinModel("logistic-regression", testRandom(1));
  const examples = {
    features: Float32Array.from({ length: 3 * 784 }, (_, i) => (i % 9) / 9),
    ...{ featureShape: [784], labels: Int32Array.of(1, 2, 3), labelShape: [], count: 3 },
  };
  const plan = planFor(description, { batchSize: 2 });
  const request = { plan, weights: values, examples, random: testRandom(2) };
  const trainer = createNativeTrainer();
  afterAll(async () => (await trainer).dispose());

  it("trains again and again with plans in turn, without keeping their graphs", async () => {
    const native = await trainer;
    const other = planFor(description, {
      batchSize: 2,
      optimizer: { name: "adam", learningRate: 0.1 },
    });
    const first = await native.train(request);
    for (let turn = 0; turn < 3; turn++) await native.train({ ...request, plan: other });
    expect((await native.train(request)).weights).toEqual(first.weights);
  });
});
