import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { buildLayersModel } from "../src/models/layers-model.ts";
import { createFusedTrainer } from "../src/training/fused/fused-trainer.ts";
import { planFor } from "./support/model-task.ts";

describe("pooling of a whole input", () => {
  it.each([
    ["GlobalMaxPooling1D", [3, 2], false, [1, 1, 2]],
    ["GlobalAveragePooling2D", [2, 2, 2], false, [1, 1, 1, 2]],
    ["GlobalAveragePooling2D", [2, 2, 2], true, [1, 2, 1, 1]],
  ])("by %s of %j keeps the axes that it pools", async (kind, shape, channelsFirst, expected) => {
    const pooling = {
      ...{ name: "pooling", keepdims: true, batch_input_shape: [null, ...shape] },
      data_format: channelsFirst ? "channels_first" : "channels_last",
    };
    const layers = [
      { class_name: kind, config: pooling },
      { class_name: "PReLU", config: { name: "after" } },
    ];
    const topology = { class_name: "Sequential", config: { name: "model", layers } };
    const parameters = [{ name: "after/alpha", shape: expected.slice(1) }];
    const model = await buildLayersModel({ topology, parameters }, Float32Array.of(1, 1));
    const outputs = model.predict(tf.ones([1, ...shape])) as tf.Tensor;
    expect(outputs.shape).toEqual(expected);
    expect([...(await outputs.data())]).toEqual([1, 1]);
    expect(JSON.stringify(model.toJSON(null, false))).toContain('"keepdims":true');
    model.dispose();
  });

  it.each([false, true])(
    "takes the mean of the moments that count, keepdims: %j",
    async (keepdims) => {
      const masking = { name: "masking", mask_value: -1, batch_input_shape: [null, 3, 1] };
      const layers = [
        { class_name: "Masking", config: masking },
        { class_name: "GlobalAveragePooling1D", config: { name: "pooling", keepdims } },
        { class_name: "PReLU", config: { name: "after" } },
      ];
      const topology = { class_name: "Sequential", config: { name: "model", layers } };
      const parameters = [{ name: "after/alpha", shape: keepdims ? [1, 1] : [1] }];
      const description = { topology, parameters };
      const weights = Float32Array.of(1);
      const features = Float32Array.of(1, 5, -1, -1, -1, -1);
      const model = await buildLayersModel(description, weights);
      const outputs = model.predict(tf.tensor(features, [2, 3, 1])) as tf.Tensor;
      expect([...(await outputs.data())]).toEqual([3, 0]);
      model.dispose();
      const fused = await createFusedTrainer();
      const plan = planFor(description, {});
      const request = { plan, weights, features, featureShape: [3, 1], count: 2 };
      expect([...(await fused.predict(request))]).toEqual([3, 0]);
      fused.dispose();
    },
  );

  it.each([
    ["GlobalMaxPooling1D", [4, 1]],
    ["GlobalMaxPooling2D", [2, 2, 1]],
  ])("by %s shares the gradient among the values that are the largest", async (kind, shape) => {
    const config = { name: "pooling", batch_input_shape: [null, ...shape] };
    const layers = [
      { class_name: kind, config },
      { class_name: "PReLU", config: { name: "after" } },
    ];
    const topology = { class_name: "Sequential", config: { name: "model", layers } };
    const parameters = [{ name: "after/alpha", shape: [1] }];
    const model = await buildLayersModel({ topology, parameters }, Float32Array.of(1));
    const gradient = tf.grad((x: tf.Tensor) => model.apply(x) as tf.Tensor);
    const input = tf.tensor([3, 1, 3, 2], [1, ...shape]);
    expect([...(await gradient(input).data())]).toEqual([0.5, 0, 0.5, 0]);
    model.dispose();
  });
});
