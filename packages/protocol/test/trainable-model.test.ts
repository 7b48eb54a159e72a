import { describe, expect, it } from "vitest";
import { requireTrainableModel } from "../src/model/trainable-model.ts";
import { errorOf } from "./expect-error.ts";

const layer = (kind: string, config: object = {}): object => ({
  class_name: kind,
  config: { name: "layer", ...config },
});

const check = (layers: readonly object[], names: readonly string[], ends: object = {}): void =>
  requireTrainableModel({
    topology: { class_name: "Functional", config: { name: "model", layers, ...ends } },
    parameters: names.map((name) => ({ name, shape: [1] })),
  });

describe("a model that no client can train", () => {
  it("has several outputs", () => {
    const outputs = {
      output_layers: [
        ["layer", 0, 0],
        ["other", 0, 0],
      ],
    };
    const names = ["layer/kernel", "layer/bias"];
    errorOf(() => check([layer("Dense")], names, outputs), "MODEL_UNSUPPORTED");
    check([layer("Dense")], names, { output_layers: [["layer", 0, 0]] });
  });

  it.each([
    ["Dense", {}, ["kernel"], "bias"],
    ["SeparableConv2D", {}, ["depthwise_kernel", "bias"], "pointwise_kernel"],
    ["BatchNormalization", { scale: false }, ["beta", "moving_mean"], "moving_variance"],
    ["LSTM", {}, ["lstm_cell/kernel", "lstm_cell/bias"], "recurrent_kernel"],
    ["TimeDistributed", { layer: layer("Dense") }, ["bias"], "kernel"],
    [
      "Bidirectional",
      { layer: layer("GRU", { use_bias: false }) },
      ["forward_x/kernel", "forward_x/recurrent_kernel", "backward_x/kernel"],
      "recurrent_kernel",
    ],
  ])("lacks a weight of its %s with %j", (kind, config, weights, missing) => {
    const names = weights.map((weight) => `layer/${weight}`);
    const error = errorOf(() => check([layer(kind, config)], names), "MODEL_UNSUPPORTED");
    expect(error.message).toContain(`lacks its weight ${missing}`);
    check([layer(kind, config)], [...names, `layer/backward_x/${missing}`]);
  });

  it("has a weight that belongs to no layer", () => {
    const names = ["layer/kernel", "layer/bias", "layer_2/kernel"];
    const error = errorOf(() => check([layer("Dense")], names), "MODEL_UNSUPPORTED");
    expect(error.message).toContain("layer_2/kernel belongs to no layer");
  });
});

describe("a model of which nothing is known to be wrong", () => {
  it("may have layers of kinds that nobody here knows, and models within it", () => {
    const inner = { class_name: "Sequential", config: { name: "base", layers: [layer("Odd")] } };
    check([inner], ["layer/whatever"]);
    check([layer("TimeDistributed", { layer: inner })], ["layer/whatever"]);
  });
});
