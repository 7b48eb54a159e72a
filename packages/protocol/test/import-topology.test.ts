import { describe, expect, it } from "vitest";
import { parseTfjsModel } from "../src/model/tfjs-model.ts";
import { errorOf } from "./expect-error.ts";

/** A layer of a sequence, as Keras 3 writes it. */
const layer = (kind: string, config: object = {}): object => ({
  module: "keras.layers",
  class_name: kind,
  config: { name: "layer", trainable: true, ...config },
  registered_name: null,
  build_config: { input_shape: [null, 4] },
});

/** The model.json of a sequence. */
const sequence = (layers: readonly object[], names: readonly string[] = ["w/kernel"]): object => ({
  modelTopology: {
    keras_version: "3.15.1",
    model_config: { class_name: "Sequential", config: { name: "model", layers } },
  },
  weightsManifest: [
    { paths: ["w"], weights: names.map((name) => ({ name, shape: [1], dtype: "float32" })) },
  ],
});

/** The layers of an imported sequence. */
function importedLayers(...layers: readonly object[]): readonly Record<string, unknown>[] {
  const { topology } = parseTfjsModel(sequence(layers)).description;
  return (topology as { config: { layers: Record<string, unknown>[] } }).config.layers;
}

/** The configuration of an imported layer, without its name. */
function configOf(kind: string, config: object): object {
  const [one] = importedLayers(layer(kind, config));
  const { name: _name, trainable: _trainable, ...rest } = one!["config"] as Record<string, unknown>;
  return rest;
}

describe("a layer that Keras 3 wrote", () => {
  it("loses what says where it is defined and how it was built", () => {
    expect(importedLayers(layer("Dense", { units: 3 }))).toEqual([
      { class_name: "Dense", config: { name: "layer", trainable: true, units: 3 } },
    ]);
  });

  it.each([
    ["the shape of an input", { batch_shape: [null, 4] }, { batch_input_shape: [null, 4] }],
    ["a shape of a batch", { batch_shape: [16, 4] }, { batch_input_shape: [null, 4] }],
    [
      "a type",
      { dtype: { class_name: "DTypePolicy", config: { name: "float32" } } },
      { dtype: "float32" },
    ],
    ["a type of mixed precision", { dtype: "mixed_bfloat16" }, { dtype: "float32" }],
    ["a type of indices", { dtype: "int64" }, { dtype: "int32" }],
    ["an activation", { activation: "silu" }, { activation: "swish" }],
    [
      "an activation that is an object",
      { activation: { module: "builtins", class_name: "function", config: "relu" } },
      { activation: "relu" },
    ],
    [
      "an initializer",
      {
        kernel_initializer: {
          module: "keras",
          class_name: "Zeros",
          config: {},
          registered_name: null,
        },
      },
      { kernel_initializer: { class_name: "Zeros", config: {} } },
    ],
    [
      "a penalty",
      { kernel_regularizer: { class_name: "L2", config: { l2: 0.01 } } },
      { kernel_regularizer: { class_name: "L1L2", config: { l1: 0, l2: 0.01 } } },
    ],
  ])("has %s in the words of Keras 2", (_what, config, expected) => {
    expect(configOf("Dense", config)).toEqual(expected);
  });

  it.each([
    ["LeakyReLU", { negative_slope: 0.1 }, "LeakyReLU", { alpha: 0.1 }],
    ["ReLU", { negative_slope: 0, max_value: 6 }, "ReLU", { negative_slope: 0, max_value: 6 }],
    ["Identity", {}, "Activation", { activation: "linear" }],
    ["UpSampling2D", { interpolation: "nearest" }, "UpSampling2D", { interpolation: "nearest" }],
    ["ReLU", { negative_slope: 0.2, threshold: 0, max_value: null }, "LeakyReLU", { alpha: 0.2 }],
    ["BatchNormalization", { axis: [3] }, "BatchNormalization", { axis: 3 }],
    ["InputLayer", { dtype: "uint8" }, "InputLayer", { dtype: "float32" }],
    ["InputLayer", { dtype: "int32" }, "InputLayer", { dtype: "int32" }],
    ["Normalization", { mean: 3, variance: 4 }, "Rescaling", { scale: 0.5, offset: -1.5 }],
    [
      "Normalization",
      { axis: [-1], mean: [[3, 1]], variance: [[4, 0]], invert: false },
      "Rescaling",
      { scale: [0.5, 1e7], offset: [-1.5, -1e7] },
    ],
    [
      "Normalization",
      { axis: [-1], mean: null, variance: null },
      "BatchNormalization",
      { scale: false, center: false, axis: -1, epsilon: 1e-14 },
    ],
    ["GlobalMaxPooling2D", { keepdims: true }, "GlobalMaxPooling2D", { keepdims: true }],
  ])("%s with %j is the %s of tfjs with %j", (kind, config, expectedKind, expected) => {
    expect(importedLayers(layer(kind, config))[0]!["class_name"]).toBe(expectedKind);
    expect(configOf(kind, config)).toEqual(expected);
  });

  it("goes both ways as one layer under its own name", () => {
    const gru = (name: string, back: boolean): object =>
      layer("GRU", { name, units: 2, go_backwards: back });
    const both = { layer: gru("forward_gru", false), backward_layer: gru("backward_gru", true) };
    expect(configOf("Bidirectional", both)).toEqual({
      layer: {
        class_name: "GRU",
        config: { name: "gru", trainable: true, units: 2, go_backwards: false },
      },
    });
    const other = { ...both, backward_layer: layer("GRU", { name: "backward_gru", units: 3 }) };
    errorOf(() => configOf("Bidirectional", other), "MODEL_UNSUPPORTED");
  });

  it("gives a sequence without an input the shape with which it was built", () => {
    const model = sequence([layer("Dense", { units: 2 })]) as {
      modelTopology: { model_config: { config: Record<string, unknown> } };
    };
    model.modelTopology.model_config.config["build_input_shape"] = [null, 7];
    expect(JSON.stringify(parseTfjsModel(model).description.topology)).toContain(
      '"batch_input_shape":[null,7]',
    );
  });

  it.each([
    ["Dense", { activation: "hard_sigmoid" }, "another slope"],
    [
      "Dense",
      { activation: { class_name: "LeakyReLU", config: { negative_slope: 0.1 } } },
      "its activation is a LeakyReLU with settings of its own",
    ],
    ["LSTM", { stateful: true }, "keeps its state from batch to batch"],
    ["CenterCrop", { height: 2, width: 2 }, "computes a CenterCrop otherwise"],
    ["CategoryEncoding", { num_tokens: 3 }, "computes a CategoryEncoding otherwise"],
    ["Normalization", { invert: true }, "it undoes a normalisation"],
    ["Normalization", { axis: [] }, "its axes are []"],
    ["Normalization", { axis: [1, 2] }, "its axes are [1,2]"],
    ["Normalization", { mean: [1, 2], variance: [1] }, "no lists of one length"],
    ["ReLU", { threshold: 0.5 }, "no setting threshold"],
    ["ReLU", { negative_slope: 0.1, max_value: 6 }, "both a slope and a bound"],
    ["Conv2D", { groups: 2 }, "no setting groups"],
    ["UpSampling2D", { interpolation: "bilinear" }, "interpolates otherwise"],
    ["LayerNormalization", { rms_scaling: true }, "no setting rms_scaling"],
    ["MultiHeadAttention", { attention_axes: [1, 2] }, "no setting attention_axes"],
  ])(
    "is refused as %s with %j, of which tfjs would make something else",
    (kind, config, message) => {
      const error = errorOf(() => configOf(kind, config), "MODEL_UNSUPPORTED");
      expect(error.message).toContain(message);
      expect(error.context).toEqual({ layer: "layer" });
    },
  );

  it.each([
    ["GlobalAveragePooling1D", {}],
    ["LSTM", { zero_output_for_mask: true, return_sequences: true }],
    ["MultiHeadAttention", { num_heads: 1 }],
  ])("is refused as %s with %j behind a mask, which tfjs treats otherwise", (kind, config) => {
    const embedding = (mask: boolean): object =>
      layer("Embedding", { name: "embedding", mask_zero: mask });
    expect(importedLayers(embedding(false), layer(kind, config))).toHaveLength(2);
    errorOf(() => importedLayers(embedding(true), layer(kind, config)), "MODEL_UNSUPPORTED");
  });

  it("is refused as a model that ends in a mask, which in tfjs does not leave it", () => {
    const embedding = layer("Embedding", { name: "embedding", mask_zero: true });
    const lstm = (config: object): object => layer("LSTM", { name: "lstm", ...config });
    const within = (...layers: readonly object[]): object => ({
      ...layer("Sequential", { layers }),
    });
    expect(importedLayers(within(embedding, lstm({})))).toHaveLength(1);
    expect(importedLayers(within(lstm({ return_sequences: true })))).toHaveLength(1);
    const both = layer("Bidirectional", { name: "b", layer: lstm({ return_sequences: true }) });
    for (const end of [[], [lstm({ return_sequences: true })], [both]]) {
      errorOf(() => importedLayers(within(embedding, ...end)), "MODEL_UNSUPPORTED");
    }
  });
});

describe("the weights of a model that Keras 3 wrote", () => {
  const stack = {
    class_name: "StackedRNNCells",
    config: { cells: [layer("GRUCell", { name: "c" })] },
  };
  const layers = [
    layer("Dense", { name: "d" }),
    layer("DepthwiseConv2D", { name: "w" }),
    layer("TimeDistributed", { name: "t", layer: layer("Dense", { name: "x" }) }),
    layer("RNN", { name: "r", cell: stack }),
    layer("Dense", { name: "model" }),
    layer("Normalization", { name: "n", mean: null }),
    layer("TimeDistributed", {
      ...{ name: "each" },
      layer: layer("Sequential", { name: "applied", layers: [layer("Dense", { name: "y" })] }),
    }),
    { class_name: "Functional", config: { name: "base", layers: [layer("Dense", { name: "i" })] } },
  ];

  it.each([
    ["model/d/kernel", "d/kernel"],
    ["model/w/kernel", "w/depthwise_kernel"],
    ["model/t/x/kernel", "t/kernel"],
    ["model/r/stacked_rnn_cells/c/kernel", "r/RNNCell_0/kernel"],
    ["model/base/i/kernel", "i/kernel"],
    ["base/i/kernel", "i/kernel"],
    ["d/kernel", "d/kernel"],
    ["model/model/kernel", "model/kernel"],
    ["n/mean", "n/moving_mean"],
    ["applied/y/kernel", "y/kernel"],
  ])("%s is %s in tfjs", (name, expected) => {
    const { parameters } = parseTfjsModel(sequence(layers, [name])).description;
    expect(parameters.map((parameter) => parameter.name)).toEqual([expected]);
  });

  it("do not include the state of a source of random numbers, or a count of examples", () => {
    const model = sequence(layers, ["d/kernel"]) as {
      weightsManifest: [{ weights: object[] }];
    };
    const state = {
      name: "model/d/seed_generator/seed_generator_state",
      shape: [2],
      dtype: "int32",
    };
    const count = { name: "n/count", shape: [], dtype: "int32" };
    model.weightsManifest[0].weights.push(state, count);
    expect(parseTfjsModel(model).description.parameters).toHaveLength(1);
  });
});

describe("the graph of a model that Keras 3 wrote", () => {
  const tensor = (source: string, call = 0): object => ({
    class_name: "__keras_tensor__",
    config: { shape: [null, 4], dtype: "float32", keras_history: [source, call, 0] },
  });
  const node = (args: readonly unknown[], kwargs: object = {}): object => ({ args, kwargs });
  const placed = (kind: string, name: string, nodes: readonly object[], config = {}): object => ({
    ...layer(kind, { name, ...config }),
    ...{ name, inbound_nodes: nodes },
  });
  /** @param given - Layers beside two inputs. */
  const graph = (
    given: readonly object[],
    input_layers: object = ["in", 0, 0],
  ): Record<string, unknown> => {
    const layers = [placed("InputLayer", "in", []), placed("InputLayer", "x", []), ...given];
    const config = { name: "model", layers, input_layers, output_layers: [["out", 0, 0]] };
    const model = sequence([]) as { modelTopology: { model_config: object } };
    model.modelTopology.model_config = { class_name: "Functional", config };
    const { topology } = parseTfjsModel(model).description;
    return (topology as { config: Record<string, unknown> }).config;
  };
  const nodesOf = (config: Record<string, unknown>, name: string): unknown =>
    (config["layers"] as { name: string; inbound_nodes: unknown }[]).find(
      (one) => one.name === name,
    )!.inbound_nodes;

  it("has lists of inputs, whose ends are lists as well", () => {
    const config = graph([
      placed("Dense", "a", [node([tensor("in")]), node([tensor("a")])]),
      placed("Add", "out", [node([[tensor("a"), tensor("a", 1)]], { mask: null })]),
    ]);
    expect(config["input_layers"]).toEqual([["in", 0, 0]]);
    expect(config["output_layers"]).toEqual([["out", 0, 0]]);
    expect(nodesOf(config, "a")).toEqual([[["in", 0, 0, {}]], [["a", 0, 0, {}]]]);
    const named = graph([placed("Dense", "out", [node([tensor("in")])])], {
      image: ["in", 0, 0],
    });
    expect(named["input_layers"]).toEqual([["in", 0, 0]]);
    expect(nodesOf(config, "out")).toEqual([
      [
        ["a", 0, 0, {}],
        ["a", 1, 0, {}],
      ],
    ]);
  });

  it("counts the making of an inner model as its first call", () => {
    const inner = {
      ...placed("Sequential", "base", [node([tensor("in")])]),
      class_name: "Sequential",
    };
    const config = graph([inner, placed("Dense", "out", [node([tensor("base")])])]);
    expect(nodesOf(config, "out")).toEqual([[["base", 1, 0, {}]]]);
  });

  it("has attention with its mask as a setting, and each of its inputs once", () => {
    const call = node([tensor("in"), tensor("in")], { use_causal_mask: true });
    const config = graph([placed("MultiHeadAttention", "out", [call], { num_heads: 2 })]);
    expect(nodesOf(config, "out")).toEqual([[["in", 0, 0, {}]]]);
    expect(JSON.stringify(config)).toContain('"use_causal_mask":true');
    const other = node([tensor("in")], { value: tensor("x"), key: tensor("x") });
    expect(nodesOf(graph([placed("MultiHeadAttention", "out", [other])]), "out")).toEqual([
      [
        ["in", 0, 0, {}],
        ["x", 0, 0, {}],
      ],
    ]);
  });

  it("is refused when a layer takes a constant beside its inputs", () => {
    const error = errorOf(
      () => graph([placed("Add", "out", [node([tensor("in"), 2])])]),
      "MODEL_UNSUPPORTED",
    );
    expect(error.context).toEqual({ layer: "out" });
  });
});

describe("the layers of a graph", () => {
  const layerOf = (name: string, nodes: readonly unknown[], kind = "Dense"): object => ({
    ...{ class_name: kind, name, config: { name } },
    inbound_nodes: nodes.map((sources) => (sources as unknown[]).map((one) => [one, 0, 0, {}])),
  });
  const graphOf = (layers: readonly object[], output = "out"): object => ({
    class_name: "Model",
    config: {
      ...{ name: "graph", layers },
      ...{ input_layers: [["in", 0, 0]], output_layers: [[output, 0, 0]] },
    },
  });
  const check = (topology: object): unknown => {
    const { weightsManifest } = sequence([]) as { weightsManifest: object };
    return parseTfjsModel({ modelTopology: topology, weightsManifest });
  };
  const input = layerOf("in", [], "InputLayer");

  it("may be written from the last one to the first, and be called several times", () => {
    check(graphOf([layerOf("out", [["a"]]), layerOf("a", [["in"], ["a"]]), input]));
    check(graphOf([input, graphOf([input, layerOf("out", [["in"]])]), layerOf("out", [["in"]])]));
  });

  it.each([
    ["has itself as an input", [layerOf("out", [["out"]])], "out", "out"],
    ["has an input that does not exist", [layerOf("out", [["b"]])], "out", "out"],
    [
      "has two layers that wait for each other",
      [layerOf("a", [["b"]]), layerOf("b", [["a"]])],
      "a",
      "a",
    ],
    ["has a layer without an input", [layerOf("out", [])], "out", "out"],
    ["ends in a layer that does not exist", [layerOf("out", [["in"]])], "other", "other"],
  ])("is refused when it %s, which tfjs would look for without end", (_, layers, output, named) => {
    const graph = graphOf([input, ...layers], output);
    for (const topology of [graph, { class_name: "Sequential", config: { layers: [graph] } }]) {
      const error = errorOf(() => check(topology), "MODEL_UNSUPPORTED");
      expect(error.context).toEqual({ layer: named });
    }
  });
});

describe("a topology that is nested without end", () => {
  it("is refused before it exhausts the stack", () => {
    let deep: object = {};
    for (let level = 0; level < 100_000; level++) deep = { layers: [deep] };
    const error = errorOf(
      () => parseTfjsModel(sequence([layer("Dense", deep)])),
      "MODEL_UNSUPPORTED",
    );
    expect(error.message).toContain("100 levels");
  });
});

describe("a topology in the form of Keras 2", () => {
  it("stays as it is", () => {
    const config = {
      name: "model",
      layers: [
        {
          class_name: "InputLayer",
          config: { name: "in", batch_input_shape: [null, 4] },
          name: "in",
          inbound_nodes: [],
        },
        {
          class_name: "Dense",
          config: { name: "out", activation: "hard_sigmoid" },
          name: "out",
          inbound_nodes: [[["in", 0, 0, {}]]],
        },
      ],
      ...{ input_layers: [["in", 0, 0]], output_layers: [["out", 0, 0]] },
    };
    const topology = { class_name: "Model", config };
    const { weightsManifest } = sequence([]) as { weightsManifest: object };
    const file = {
      modelTopology: { ...topology, keras_version: "tfjs-layers 4.22.0" },
      weightsManifest,
    };
    expect(parseTfjsModel(file).description.topology).toEqual(topology);
  });
});
