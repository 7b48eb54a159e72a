import { parseTask, parseTfjsModel, type TfjsModel } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { describeTrial, tryModel } from "../src/model-trial/model-trial.ts";

interface Layer {
  readonly kind: string;
  readonly config: object;
  /** The shapes of its weights by their names. */
  readonly weights?: Readonly<Record<string, readonly number[]>>;
}

const dense = (name: string, inputs: number, units: number, config: object = {}): Layer => ({
  kind: "Dense",
  config: { name, units, ...config },
  weights: { [`${name}/kernel`]: [inputs, units], [`${name}/bias`]: [units] },
});

const inputOf = (...shape: readonly number[]): Layer => ({
  kind: "InputLayer",
  config: { name: "in", batch_input_shape: [null, ...shape] },
});

/** A sequence of layers whose weights are all 0. */
function modelOf(
  layers: readonly Layer[],
  change: (config: object) => object = (c) => c,
): {
  readonly description: TfjsModel["description"];
  readonly values: Float32Array;
} {
  const weights = layers.flatMap((layer) =>
    Object.entries(layer.weights ?? {}).map(([name, shape]) => ({ name, shape, dtype: "float32" })),
  );
  const config = {
    name: "model",
    layers: layers.map((layer) => ({ class_name: layer.kind, config: layer.config })),
  };
  const { description } = parseTfjsModel({
    modelTopology: change({ class_name: "Sequential", config }),
    weightsManifest: [{ paths: ["w"], weights }],
  });
  const size = weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return { description, values: new Float32Array(size) };
}

const taskWith = (plan: object): ReturnType<typeof parseTask> =>
  parseTask({ population: "p", name: "n", model: { path: "model.json" }, plan });

describe("the trial of a task's model", () => {
  it("says of every layer what is trained and by which engines", async () => {
    const model = modelOf([
      inputOf(4),
      dense("first", 4, 3),
      { kind: "GaussianNoise", config: { name: "noise", stddev: 0.1 } },
      dense("last", 3, 2, { activation: "softmax" }),
    ]);
    const trial = await tryModel(taskWith({ trainable: ["last"] }), model);
    expect(trial.layers).toEqual([
      { name: "in", kind: "InputLayer", parameters: 0, trained: false, engines: ["fused", "tfjs"] },
      { name: "first", kind: "Dense", parameters: 15, trained: false, engines: ["fused", "tfjs"] },
      { name: "noise", kind: "GaussianNoise", parameters: 0, trained: false, engines: ["tfjs"] },
      { name: "last", kind: "Dense", parameters: 8, trained: true, engines: ["fused", "tfjs"] },
    ]);
    expect(trial.engines).toEqual([
      { engine: "fused", fault: expect.stringContaining("noise") as string },
      { engine: "tfjs", fault: null },
    ]);
    const text = describeTrial(trial);
    expect(text).toMatch(/first +Dense +15 +frozen +fused, tfjs\n/);
    expect(text).toContain("loss categoricalCrossentropy, optimizer sgd\n");
    expect(text).toContain("tfjs trains the model");
    expect(text).toContain("fused does not: ");
  });

  it("takes a model that only one engine can train", async () => {
    const model = modelOf([inputOf(4), dense("out", 4, 2, { activation: "softmax" })]);
    const { engines } = await tryModel(taskWith({ loss: "categoricalCrossentropy" }), model);
    expect(engines.map(({ fault }) => fault)).toEqual([null, null]);
  });

  it("refuses a model that no engine can build, and names what each of them lacks", async () => {
    const odd: Layer = { kind: "Telepathy", config: { name: "odd" } };
    const model = modelOf([inputOf(4), odd, dense("out", 4, 2)]);
    const trial = tryModel(taskWith({}), model);
    await expect(trial).rejects.toMatchObject({ code: "MODEL_UNSUPPORTED" });
    await expect(trial).rejects.toThrow(/fused: .*odd.*tfjs: .*Telepathy/s);
  });

  it("refuses a model that is built, and fails in its first step", async () => {
    const causal: Layer = {
      kind: "Conv1D",
      config: { name: "conv", filters: 2, kernel_size: [2], padding: "causal" },
      weights: { "conv/kernel": [2, 3, 2], "conv/bias": [2] },
    };
    const flatten: Layer = { kind: "Flatten", config: { name: "flat" } };
    const model = modelOf([inputOf(5, 3), causal, flatten, dense("out", 8, 2)]);
    await expect(tryModel(taskWith({}), model)).rejects.toThrow(/CAUSAL/);
  });

  it("refuses a loss that tells classes apart over a single output", async () => {
    const model = modelOf([inputOf(4), dense("out", 4, 1, { activation: "sigmoid" })]);
    await expect(tryModel(taskWith({}), model)).rejects.toMatchObject({ code: "PLAN_INVALID" });
    await tryModel(taskWith({ loss: "binaryCrossentropy" }), model);
  });

  it("refuses a softmax over a single output, which is always 1", async () => {
    const model = modelOf([inputOf(4), dense("out", 4, 1, { activation: "softmax" })]);
    const trial = tryModel(taskWith({ loss: "meanSquaredError" }), model);
    await expect(trial).rejects.toMatchObject({ code: "PLAN_INVALID" });
    await expect(trial).rejects.toThrow(/learns nothing/);
  });

  it("takes a model whose loss divides by zero on zeros, since examples are no zeros", async () => {
    const model = modelOf([inputOf(4), dense("out", 4, 2, { activation: "tanh" })]);
    model.values.fill(0.5, 0, 8);
    const { engines } = await tryModel(taskWith({}), model);
    expect(engines.at(-1)).toEqual({ engine: "tfjs", fault: null });
  });

  it("refuses a model whose first step makes its numbers too large on any example", async () => {
    const model = modelOf([inputOf(4), dense("out", 4, 1)]);
    model.values.fill(1e30);
    const trial = tryModel(taskWith({ loss: "meanSquaredError" }), model);
    await expect(trial).rejects.toMatchObject({ code: "MODEL_UNSUPPORTED" });
    await expect(trial).rejects.toThrow(/loss became Infinity/);
  });

  it("refuses a model with two outputs, since a plan has one loss", async () => {
    const model = modelOf([inputOf(4), dense("out", 4, 2)], (topology) => {
      const [input, output] = (topology as { config: { layers: object[] } }).config.layers;
      const layers = [
        { ...input, name: "in", inbound_nodes: [] },
        { ...output, name: "out", inbound_nodes: [[["in", 0, 0, {}]]] },
      ];
      const outputs = ["out", "in"].map((name) => [name, 0, 0]);
      const config = {
        name: "model",
        layers,
        input_layers: [["in", 0, 0]],
        output_layers: outputs,
      };
      return { class_name: "Functional", config };
    });
    await expect(tryModel(taskWith({}), model)).rejects.toThrow(/2 outputs/);
  });
});
