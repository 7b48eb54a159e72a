import { describe, expect, it } from "vitest";
import { statedSizes } from "../src/model/stated-sizes.ts";

const input = (...shape: (number | null)[]) => ({
  class_name: "InputLayer",
  name: "in",
  config: { batch_input_shape: [null, ...shape] },
});
const dense = { class_name: "Dense", name: "out", config: { units: 3 } };
const sequential = (...layers: object[]) => ({ class_name: "Sequential", config: { layers } });
const functional = (inputs: unknown, outputs: unknown) => ({
  class_name: "Functional",
  config: { layers: [input(4), dense], input_layers: inputs, output_layers: outputs },
});

describe("the sizes that a topology states", () => {
  it.each([
    ["a sequence of layers", sequential(input(4), dense), 4, 3],
    ["an image", sequential(input(28, 28, 1), dense), 784, 3],
    ["a last activation", sequential(input(4), dense, { class_name: "Softmax" }), 4, 3],
    [
      "layers without a name of the model",
      { class_name: "Sequential", config: [input(4), dense] },
      4,
      3,
    ],
    ["a graph", functional([["in", 0, 0]], [["out", 0, 0]]), 4, 3],
    [
      "several inputs",
      functional(
        [
          ["in", 0, 0],
          ["in", 0, 0],
        ],
        [["out", 0, 0]],
      ),
      undefined,
      3,
    ],
    ["an input of any length", sequential(input(null, 4), dense), undefined, 3],
    ["another last layer", sequential(input(4), dense, { class_name: "LSTM" }), 4, undefined],
    ["no layers", sequential(), undefined, undefined],
    [
      "nonsense",
      { class_name: 7, config: { input_layers: [[]], layers: [null] } },
      undefined,
      undefined,
    ],
  ])("are found for %s", (_, topology, inputs, outputs) => {
    expect(statedSizes(topology)).toEqual({ inputs, outputs });
  });
});
