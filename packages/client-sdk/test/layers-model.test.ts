import * as tf from "@tensorflow/tfjs";
import { builtinModel, encodeCheckpoint, layoutOf } from "@tributary/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import {
  buildLayersModel,
  readWeights,
  weightsOf,
  writeWeights,
} from "../src/models/layers-model.ts";
import { chooseTfjsBackend } from "../src/training/tfjs-backend.ts";
import { createTfjsTrainer } from "../src/training/tfjs-trainer.ts";
import { describeModel, planFor } from "./support/model-task.ts";
import { testRandom } from "./support/test-random.ts";

beforeAll(async () => {
  await chooseTfjsBackend({ backend: "cpu" });
});

describe("buildLayersModel", () => {
  it("builds the model that the trainer trains, including its last activation", async () => {
    const { description, values } = builtinModel("mlp-64", testRandom(1));
    const model = await buildLayersModel(description, values);
    const features = Float32Array.from({ length: 2 * 784 }, (_, i) => Math.sin(i) ** 2);
    const outputs = tf.tidy(() =>
      (model.predict(tf.tensor(features, [2, 784])) as tf.Tensor).dataSync<"float32">(),
    );
    const trainer = await createTfjsTrainer();
    const predicted = await trainer.predict({
      plan: planFor(description),
      weights: values,
      features,
      featureShape: [784],
      count: 2,
    });
    expect(outputs).toEqual(predicted);
    expect(outputs.slice(0, 10).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    trainer.dispose();
    model.dispose();
  });

  it("copies the values, and they are read back bit for bit", async () => {
    const { description, values } = builtinModel("logistic-regression", testRandom(1));
    const given = values.slice();
    const model = await buildLayersModel(description, given);
    given.fill(0);
    const layout = layoutOf(description.parameters);
    const weights = weightsOf(model, layout);
    expect(
      Buffer.compare(
        encodeCheckpoint(await readWeights(weights, layout)),
        encodeCheckpoint(values),
      ),
    ).toBe(0);
    const doubled = values.map((value) => 2 * value);
    writeWeights(weights, layout, doubled);
    const tensors = tf.memory().numTensors;
    writeWeights(weights, layout, doubled);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(
      Buffer.compare(
        encodeCheckpoint(await readWeights(weights, layout)),
        encodeCheckpoint(doubled),
      ),
    ).toBe(0);
    model.dispose();
  });

  it("recognises the longer names that newer versions of Keras give the weights of recurrent layers", async () => {
    const { description, values } = describeModel(
      tf.sequential({
        layers: [
          tf.layers.gru({
            name: "gru",
            inputShape: [3, 2],
            units: 2,
            recurrentInitializer: "zeros",
          }),
        ],
      }),
    );
    const parameters = description.parameters.map(({ name, shape }) => ({
      name: name.replace("gru/", "gru/gru_cell/"),
      shape,
    }));
    const model = await buildLayersModel({ ...description, parameters }, values);
    const layout = layoutOf(parameters);
    expect(await readWeights(weightsOf(model, layout), layout)).toEqual(values);
    model.dispose();
  });

  it("leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const { description, values } = builtinModel("mlp-64", testRandom(1));
    (await buildLayersModel(description, values)).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("leaves no tensor behind when it fails, and says where the parameters differ", async () => {
    const before = tf.memory().numTensors;
    const { description, values } = builtinModel("mlp-64", testRandom(1));
    const text = JSON.stringify(description.topology);
    const last = text.lastIndexOf('"Dense"');
    for (const [topology, fault] of [
      [text.replace('"units":64', '"units":65'), "hidden/kernel"],
      [text.replace('"use_bias":true', '"use_bias":false'), "hidden/bias"],
      [`${text.slice(0, last)}"Dance"${text.slice(last + 7)}`, "Dance"],
    ] as const) {
      expect(topology).not.toBe(text);
      await expect(
        buildLayersModel({ ...description, topology: JSON.parse(topology) as object }, values),
      ).rejects.toMatchObject({
        code: "MODEL_UNSUPPORTED",
        message: expect.stringContaining(fault),
      });
      expect(tf.memory().numTensors).toBe(before);
    }
    const parameters = description.parameters.slice(0, -1);
    await expect(
      buildLayersModel({ ...description, parameters }, values.subarray(10)),
    ).rejects.toThrow("the weight output/bias, which is not among the parameters");
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuses values of another size, and layers that tfjs does not have", async () => {
    const { description, values } = builtinModel("logistic-regression", testRandom(1));
    await expect(buildLayersModel(description, values.subarray(1))).rejects.toMatchObject({
      code: "BAD_PARAMETER",
      message: expect.stringContaining("7849 values, but the model has 7850"),
    });
    const topology = JSON.parse(
      JSON.stringify(description.topology).replace("Dense", "Dance"),
    ) as object;
    await expect(buildLayersModel({ ...description, topology }, values)).rejects.toMatchObject({
      code: "MODEL_UNSUPPORTED",
      message: expect.stringContaining("Dance"),
    });
  });
});
