import { describe, expect, it } from "vitest";
import {
  logitsTopology,
  requireLastAxis,
  type LogitsTopology,
} from "../src/training/logits-topology.ts";

const dense = (name: string, activation?: string): object => ({
  class_name: "Dense",
  config: { name, units: 3, ...(activation === undefined ? {} : { activation }) },
});

const sequential = (...layers: object[]): object => ({
  class_name: "Sequential",
  config: { layers },
});

/** A model as a layer of another one. */
const nested = (name: string, ...layers: object[]): object => ({
  class_name: "Sequential",
  config: { name, layers },
});

/** A layer that is applied to every moment of a sequence. */
const distributed = (name: string, layer: object): object => ({
  class_name: "TimeDistributed",
  config: { name, layer },
});

/** A graph with the layers a → b, whose output is that of the layer `output`. */
const graph = (output: string, last: object = dense("b", "softmax")): object => ({
  class_name: "Functional",
  config: {
    layers: [
      { ...dense("a", "sigmoid"), name: "a", inbound_nodes: [] },
      { ...last, name: "b", inbound_nodes: [[["a", 0, 0, {}]]] },
    ],
    output_layers: [[output, 0, 0]],
  },
});

describe("logitsTopology", () => {
  it.each([
    ["softmax", sequential(dense("a", "relu"), dense("b", "softmax"))],
    ["sigmoid", sequential(dense("b", "sigmoid"))],
    ["linear", sequential(dense("b"))],
    ["softmax", graph("b")],
    ["softmax", { class_name: "Sequential", config: [dense("b", "softmax")] }],
    [
      "softmax",
      sequential(dense("a"), {
        class_name: "Activation",
        config: { name: "b", activation: "softmax" },
      }),
    ],
    ["softmax", sequential(dense("a"), { class_name: "Softmax", config: { name: "b", axis: -1 } })],
    ["softmax", sequential(dense("a"), { class_name: "Softmax", config: { name: "b", axis: 1 } })],
    ["softmax", sequential(dense("a"), nested("c", dense("b", "softmax")))],
    ["sigmoid", sequential(dense("a"), distributed("c", dense("b", "sigmoid")))],
  ])("removes %s from the last layer of %j", (activation, topology) => {
    const given = JSON.stringify(topology);
    const found = logitsTopology(topology);
    expect(found.activation).toBe(activation);
    const text = JSON.stringify(found.topology);
    expect(text).toMatch(/"activation":"linear"/);
    expect(text).not.toMatch(/softmax/i);
    // Only the activation has changed, and the given topology has not.
    expect(text.match(/"name":"b"/g)).toEqual(given.match(/"name":"b"/g));
    expect(JSON.stringify(topology)).toBe(given);
  });

  it.each([
    ["ends in another activation", sequential(dense("b", "relu"))],
    ["has an output layer that another layer uses as well", graph("a")],
    ["normalises over the batch", sequential({ class_name: "Softmax", config: { axis: 0 } })],
    [
      "ends in a layer that applies its activation inside",
      sequential({ class_name: "LSTM", config: { activation: "softmax" } }),
    ],
    [
      "has two outputs",
      {
        class_name: "Model",
        config: {
          layers: [dense("a")],
          output_layers: [
            ["a", 0, 0],
            ["b", 0, 0],
          ],
        },
      },
    ],
    ["is empty", sequential()],
    ["is no topology", {}],
  ])("leaves a model alone that %s", (_, topology) => {
    expect(logitsTopology(topology)).toEqual({ topology, activation: undefined, axis: -1 });
  });

  it("tells a softmax over the last axis from others once the output's shape is known", () => {
    const ending = (axis: number): LogitsTopology =>
      logitsTopology(sequential(dense("a"), { class_name: "Softmax", config: { axis } }));
    requireLastAxis(ending(-1), [4, 3]);
    requireLastAxis(ending(2), [null, 3]);
    expect(() => requireLastAxis(ending(1), [4, 3])).toThrow(
      expect.objectContaining({ code: "MODEL_UNSUPPORTED" }),
    );
  });
});
