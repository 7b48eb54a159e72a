import { describe, expect, it } from "vitest";
import { parseTfjsModel, type TfjsModel } from "../src/model/tfjs-model.ts";
import { withModelDefaults } from "../src/plan/model-defaults.ts";
import { errorOf } from "./expect-error.ts";

/** A layer with its own name, as a topology has it. */
const dense = (name: string, trainable?: boolean): object => ({
  class_name: "Dense",
  config: { name, ...(trainable === undefined ? {} : { trainable }) },
});

const model = (
  layers: readonly object[],
  names: readonly string[],
  rest: object = {},
  topology: object = {},
): TfjsModel =>
  parseTfjsModel({
    modelTopology: { class_name: "Sequential", config: { name: "model", layers }, ...topology },
    weightsManifest: [
      { paths: ["w"], weights: names.map((name) => ({ name, shape: [1], dtype: "float32" })) },
    ],
    ...rest,
  });

const planWith = (given: TfjsModel, plan?: object): unknown => {
  const task = plan === undefined ? { name: "t" } : { name: "t", plan };
  return (withModelDefaults(task, given) as { plan: unknown }).plan;
};

/** A model that was compiled, as tfjs writes it. */
const compiled = (trainingConfig: object): TfjsModel =>
  model([dense("a")], ["a/kernel"], { trainingConfig });

describe("the layers that a model freezes", () => {
  const frozen = model([dense("a", false), dense("b", true)], ["b/kernel", "a/kernel", "a/bias"]);

  it("are frozen in the plan unless the task file says otherwise", () => {
    expect(planWith(frozen)).toEqual({ trainable: ["b"] });
    expect(planWith(frozen, { batchSize: 5 })).toEqual({ batchSize: 5, trainable: ["b"] });
    expect(planWith(frozen, { trainable: "all" })).toEqual({ trainable: "all" });
    expect(planWith(model([dense("a", true), dense("b")], ["a/kernel", "b/kernel"]))).toEqual({});
  });

  it("are those of a frozen model or wrapper within it as well", () => {
    const base = (config: object): object => ({ class_name: "Functional", config });
    const wrapper = {
      class_name: "Bidirectional",
      config: { name: "w", layer: dense("x", false) },
    };
    const layers = [dense("a"), dense("b", false)];
    // An inner model's name is no part of its parameters' names, and a wrapper's is.
    const names = ["a/kernel", "b/kernel", "w/x/kernel", "head/kernel"];
    const within = (config: object): TfjsModel =>
      model([base(config), wrapper, dense("head")], names);
    expect(planWith(within({ name: "base", trainable: false, layers }))).toEqual({
      trainable: ["head"],
    });
    expect(planWith(within({ name: "base", layers }))).toEqual({ trainable: ["a", "head"] });
  });

  it("may not be all, unless the task file says what to train", () => {
    const all = model([dense("a", false)], ["a/kernel"]);
    const error = errorOf(() => planWith(all), "TASK_INVALID");
    expect(error.context).toEqual({ path: "plan.trainable" });
    expect(planWith(all, { trainable: ["a"] })).toEqual({ trainable: ["a"] });
  });
});

describe("the loss that a model was compiled with", () => {
  it.each([
    ["categorical_crossentropy", "categoricalCrossentropy"],
    ["mse", "meanSquaredError"],
    [["mean_absolute_error"], "meanAbsoluteError"],
    [{ out: "binary_crossentropy" }, "binaryCrossentropy"],
    [{ class_name: "Huber", config: { name: "huber", delta: 1 } }, "huberLoss"],
    [
      { class_name: "SparseCategoricalCrossentropy", config: { from_logits: true } },
      "sparseCategoricalCrossentropy",
    ],
  ])("%j is the plan's %s", (loss, expected) => {
    expect(planWith(compiled({ loss }))).toEqual({ loss: expected });
    expect(planWith(compiled({ loss }), { loss: "huberLoss" })).toEqual({ loss: "huberLoss" });
  });

  it.each([
    "kullback_leibler_divergence",
    { a: "mse", b: "mse" },
    { class_name: "CategoricalCrossentropy", config: { label_smoothing: 0.1 } },
  ])("%j is not replaced by another one in silence", (loss) => {
    errorOf(() => planWith(compiled({ loss })), "TASK_INVALID");
    expect(planWith(compiled({ loss }), { loss: "meanSquaredError" })).toEqual({
      loss: "meanSquaredError",
    });
  });
});

describe("the optimizer that a model was compiled with", () => {
  it.each([
    [
      { class_name: "SGD", config: { learning_rate: 0.5, momentum: 0.9, nesterov: true } },
      { name: "sgd", learningRate: 0.5, momentum: 0.9, nesterov: true },
    ],
    [
      { class_name: "Momentum", config: { learningRate: 0.5, momentum: 0.9, useNesterov: false } },
      { name: "sgd", learningRate: 0.5, momentum: 0.9, nesterov: false },
    ],
    [
      { class_name: "Adam", config: { learning_rate: 0.01, beta_1: 0.8, beta_2: 0.9, decay: 0 } },
      { name: "adam", learningRate: 0.01, beta1: 0.8, beta2: 0.9 },
    ],
    [
      { class_name: "RMSprop", config: { lr: 0.01, rho: 0.8, decay: 0, epsilon: null } },
      { name: "rmsprop", learningRate: 0.01, decay: 0.8 },
    ],
    [
      { class_name: "RMSProp", config: { learningRate: 0.01, decay: 0.7, momentum: 0 } },
      { name: "rmsprop", learningRate: 0.01, decay: 0.7, momentum: 0 },
    ],
    [
      { class_name: "Adagrad", config: { learningRate: 0.01, initialAccumulatorValue: 0.2 } },
      { name: "adagrad", learningRate: 0.01, initialAccumulator: 0.2 },
    ],
  ])("%j is the plan's %j", (optimizer, expected) => {
    const given = compiled({ optimizer_config: optimizer });
    expect(planWith(given)).toEqual({ optimizer: expected });
    expect(planWith(given, { optimizer: { name: "adam" } })).toEqual({
      optimizer: { name: "adam" },
    });
  });

  it.each([
    { class_name: "Nadam", config: { learning_rate: 0.1 } },
    { class_name: "Adam", config: { learning_rate: 0.1, amsgrad: true } },
    { class_name: "SGD", config: { learning_rate: { class_name: "ExponentialDecay" } } },
  ])("%j is left to the task file, since plans cannot name it", (optimizer) => {
    expect(planWith(compiled({ optimizer_config: optimizer }))).toEqual({});
  });

  it("is found where Keras writes it too", () => {
    const training = { loss: "mse", optimizer_config: { class_name: "SGD", config: { lr: 1 } } };
    const inner = { class_name: "Sequential", config: { layers: [dense("a")] } };
    const given = model([], ["a/kernel"], {}, { model_config: inner, training_config: training });
    expect(planWith(given)).toEqual({
      loss: "meanSquaredError",
      optimizer: { name: "sgd", learningRate: 1 },
    });
  });

  it("leaves what is no task to the schema", () => {
    const given = compiled({ loss: "mse" });
    expect(withModelDefaults("text", given)).toBe("text");
    expect(withModelDefaults({ plan: [] }, given)).toEqual({ plan: [] });
  });
});
