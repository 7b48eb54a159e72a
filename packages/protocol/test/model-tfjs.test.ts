import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTributaryError } from "../src/errors.ts";
import { layoutOf } from "../src/model/parameter-layout.ts";
import { parseTfjsModel, type TfjsModel } from "../src/model/tfjs-model.ts";
import { readTfjsWeights } from "../src/model/tfjs-weights.ts";
import { writeTfjsModel } from "../src/model/write-tfjs-model.ts";
import { errorOf, orTributaryError } from "./expect-error.ts";
import { sameValues } from "./same-values.ts";

const DATA = process.env["TRIBUTARY_DATA"];

function load(path: string): { model: TfjsModel; values: Float32Array } {
  const file = join(DATA ?? "", "tfjs", path);
  const model = parseTfjsModel(JSON.parse(readFileSync(file, "utf8")));
  const files = new Map(
    model.groups.flatMap(({ paths }) =>
      paths.map((name): [string, Uint8Array] => [name, readFileSync(join(dirname(file), name))]),
    ),
  );
  return { model, values: readTfjsWeights(model, files) };
}

describe.skipIf(DATA === undefined)("published tfjs models", () => {
  it.each([
    ["keras_mnist_cnn/model.json", 887_530, "conv2d_1/kernel"],
    ["abalone-tfjs-node/model.json", 3_051, "dense_Dense1/kernel"],
    [
      "tfjs-e2e_load_predict_data/layers_model/model.json",
      2_300,
      "embedding_Embedding2/embeddings",
    ],
    ["rn-layers_model/bundle_model_test.json", 11, "dense_Dense2/kernel"],
    ["mobilenet_v1_0.25_224/model.json", 475_544, "conv1/kernel"],
  ])("%s has %i parameters, of which the first is %s", (path, count, first) => {
    const { model, values } = load(path);
    expect(values.length).toBe(count);
    expect(layoutOf(model.description.parameters).size).toBe(count);
    expect(model.description.parameters[0]?.name).toBe(first);
    expect(values.some((value) => value !== 0)).toBe(true);
    expect(model.description.topology).toHaveProperty("class_name");
  });

  it("puts the values of every weight group at their places in the layout", () => {
    const { model, values } = load("keras_mnist_cnn/model.json");
    const bias = layoutOf(model.description.parameters).parameters.at(-1);
    const bytes = readFileSync(join(DATA ?? "", "tfjs/keras_mnist_cnn/group6-shard1of1"));
    expect(bias?.name).toBe("dense_2/bias");
    expect(values.at(-1)).toBe(bytes.readFloatLE(bytes.length - 4));
    expect(values[bias?.offset ?? 0]).toBe(bytes.readFloatLE(bytes.length - 40));
  });

  it("leaves out Keras's notes about the training that made the model", () => {
    const { model } = load("keras_mnist_cnn/model.json");
    expect(Object.keys(model.description.topology).sort()).toEqual(["class_name", "config"]);
  });

  it("writes a model that reads back with the same topology and values", () => {
    const { model, values } = load("keras_mnist_cnn/model.json");
    const files = writeTfjsModel(model.description, values);
    const again = parseTfjsModel(JSON.parse(files["model.json"]));
    expect(again.description).toEqual(model.description);
    const read = readTfjsWeights(again, new Map([["weights.bin", files["weights.bin"]]]));
    expect(sameValues(read, values)).toBe(true);
  });

  it.each([
    "dense_graph_model/model.json",
    "rn-graph_model/model.json",
    "tfjs-e2e_load_predict_data/graph_model/model.json",
    "tfjs-e2e_load_predict_data/graph_model/model_new.json",
    "tfjs-inference-test_data/model.json",
  ])("%s is refused as a graph model, and the error says how to convert it", (path) => {
    expect(existsSync(join(DATA ?? "", "tfjs", path))).toBe(true);
    const error = errorOf(() => load(path), "MODEL_UNSUPPORTED");
    expect(error.message).toContain("graph model");
    expect(error.remedy).toContain("tensorflowjs_converter");
  });

  it("refuses a model file without a topology", () => {
    const error = errorOf(
      () => load("mobilenet_v1_0.25_224/model.orig-no-topology.json"),
      "MODEL_UNSUPPORTED",
    );
    expect(error.message).toContain("topology");
  });
});

const topology = { class_name: "Sequential", config: { layers: [] } };

function modelOf(groups: unknown): unknown {
  return { format: "layers-model", modelTopology: topology, weightsManifest: groups };
}

function oneWeight(weight: object): unknown {
  return modelOf([
    { paths: ["w.bin"], weights: [{ name: "a/kernel", dtype: "float32", ...weight }] },
  ]);
}

describe("a weights manifest", () => {
  it("describes groups whose files are joined, wherever they were cut", () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5).buffer);
    const model = parseTfjsModel(
      modelOf([
        {
          paths: ["1", "2", "3"],
          weights: [
            { name: "a/kernel", shape: [2, 2], dtype: "float32" },
            { name: "a/bias", shape: [], dtype: "float32" },
          ],
        },
      ]),
    );
    const files = new Map([
      ["1", bytes.subarray(0, 3)],
      ["2", bytes.subarray(3, 13)],
      ["3", bytes.subarray(13)],
    ]);
    expect([...readTfjsWeights(model, files)]).toEqual([1, 2, 3, 4, 5]);
  });

  it("describes weights in 8 and 16 bits, read as tfjs reads them: code times scale plus minimum", () => {
    const read = (dtype: string, bytes: Uint8Array): number[] => {
      const quantization = { dtype, scale: 0.5, min: -1, original_dtype: "float32" };
      const model = parseTfjsModel(oneWeight({ shape: [3], quantization }));
      return [...readTfjsWeights(model, new Map([["w.bin", bytes]]))];
    };
    expect(read("uint8", Uint8Array.of(0, 1, 255))).toEqual([-1, -0.5, 126.5]);
    expect(read("uint16", Uint8Array.of(0, 0, 1, 0, 255, 255))).toEqual([-1, -0.5, 32766.5]);
  });

  it("describes weights in half precision, which are read exactly", () => {
    const model = parseTfjsModel(oneWeight({ shape: [6], quantization: { dtype: "float16" } }));
    const halves = Uint16Array.of(0x0000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555);
    const values = readTfjsWeights(model, new Map([["w.bin", new Uint8Array(halves.buffer)]]));
    expect([...values]).toEqual([0, 1, -2, 65504, 2 ** -24, 0.333251953125]);
  });

  it("may list the state of an optimizer, which is left out", () => {
    const model = parseTfjsModel(
      modelOf([
        {
          paths: ["w.bin"],
          weights: [
            { name: "iter", shape: [], dtype: "int32", group: "optimizer" },
            { name: "a/kernel", shape: [1], dtype: "float32" },
            { name: "a/kernel/m", shape: [1], dtype: "float32", group: "optimizer" },
          ],
        },
      ]),
    );
    const bytes = new Uint8Array(Float32Array.of(9, 2, 7).buffer);
    expect(model.description.parameters).toEqual([{ name: "a/kernel", shape: [1] }]);
    expect([...readTfjsWeights(model, new Map([["w.bin", bytes]]))]).toEqual([2]);
  });

  it.each<[string, unknown, string]>([
    ["an int32 weight", oneWeight({ shape: [1], dtype: "int32" }), "int32"],
    ["an unknown type", oneWeight({ shape: [1], dtype: { toString: 1 } }), "object"],
    ["an unknown quantization", oneWeight({ shape: [1], quantization: { dtype: "int4" } }), "int4"],
    [
      "a quantization without a scale",
      oneWeight({ shape: [1], quantization: { dtype: "uint8" } }),
      "scale",
    ],
    ["a shape that is none", oneWeight({ shape: [-1] }), "shape"],
    ["an empty weight", oneWeight({ shape: [0] }), "dimension 0"],
    ["no manifest", { modelTopology: topology }, "manifest"],
    ["a group without weights", modelOf([{ paths: ["a"] }]), "Group 1"],
    ["no model at all", "model.json", "not a JSON object"],
    [
      "a weight twice",
      modelOf([
        {
          paths: ["w.bin"],
          weights: [
            { name: "a", shape: [1], dtype: "float32" },
            { name: "a", shape: [1], dtype: "float32" },
          ],
        },
      ]),
      "two parameters",
    ],
  ])("is refused with %s", (_, model, text) => {
    const error = errorOf(() => parseTfjsModel(model), "MODEL_UNSUPPORTED");
    expect(error.message).toContain(text);
    expect(error.remedy).toBeDefined();
  });

  it.each([
    "../secret",
    "a/../../secret",
    "/etc/passwd",
    "C:\\secret",
    "..\\secret",
    "https://example.org/w",
    "file:///etc/passwd",
    "a\0b",
  ])("is refused when it names %j, which is outside the model's folder", (path) => {
    const model = modelOf([
      { paths: [path], weights: [{ name: "a", shape: [1], dtype: "float32" }] },
    ]);
    expect(errorOf(() => parseTfjsModel(model), "MODEL_UNSUPPORTED").message).toContain("outside");
  });

  it("leads to an error that names a missing file, or one of the wrong length", () => {
    const model = parseTfjsModel(oneWeight({ shape: [2] }));
    const read = (files: [string, Uint8Array][]) => () => readTfjsWeights(model, new Map(files));
    expect(errorOf(read([]), "DATA_UNREADABLE").message).toContain("w.bin is missing");
    for (const length of [0, 7, 9]) {
      const error = errorOf(read([["w.bin", new Uint8Array(length)]]), "DATA_UNREADABLE");
      expect(error.message).toContain(`w.bin have ${length} bytes`);
    }
  });

  it("is refused when a weight holds a value that is not finite", () => {
    const model = parseTfjsModel(oneWeight({ shape: [1] }));
    const files = new Map([["w.bin", new Uint8Array(Float32Array.of(NaN).buffer)]]);
    expect(errorOf(() => readTfjsWeights(model, files), "MODEL_UNSUPPORTED").message).toContain(
      "a/kernel",
    );
  });

  it("makes the reader throw nothing but TributaryErrors, whatever it holds", () => {
    const weight = fc.record(
      {
        name: fc.oneof(fc.string(), fc.jsonValue()),
        shape: fc.oneof(fc.array(fc.integer({ min: -1, max: 9 })), fc.jsonValue()),
        dtype: fc.oneof(fc.constantFrom("float32", "int32"), fc.jsonValue()),
        quantization: fc.oneof(
          fc.record({ dtype: fc.constantFrom("uint8", "float16") }),
          fc.jsonValue(),
        ),
        group: fc.constantFrom("optimizer", 1),
      },
      { requiredKeys: [] },
    );
    const group = fc.record({
      paths: fc.oneof(fc.array(fc.constantFrom("a", "b")), fc.jsonValue()),
      weights: fc.oneof(fc.array(weight), fc.jsonValue()),
    });
    const model = fc.record(
      {
        format: fc.constantFrom("layers-model", "graph-model", 7),
        modelTopology: fc.oneof(fc.constant(topology), fc.jsonValue()),
        weightsManifest: fc.oneof(fc.array(group), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const files = new Map([["a", new Uint8Array(16)]]);
    fc.assert(
      fc.property(fc.oneof(fc.anything(), model), (value) => {
        const parsed = orTributaryError(() => parseTfjsModel(value));
        if (!isTributaryError(parsed)) orTributaryError(() => readTfjsWeights(parsed, files));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("writeTfjsModel", () => {
  it("refuses values that do not fit the model", () => {
    const description = { topology, parameters: [{ name: "a", shape: [2] }] };
    errorOf(() => writeTfjsModel(description, new Float32Array(3)), "BAD_PARAMETER");
  });
});
