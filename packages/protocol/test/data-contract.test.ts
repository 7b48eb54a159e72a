import { describe, expect, it } from "vitest";
import { parseTask } from "../src/plan/parse-task.ts";
import { decodePlan, encodePlan } from "../src/plan/plan-bytes.ts";
import { featuresOf } from "../src/plan/plan-features.ts";
import { checkModelFit } from "../src/plan/model-fit.ts";
import { checkFillings } from "../src/plan/wanted-fillings.ts";
import { statisticsModel } from "../src/plan/statistics/statistics-columns.ts";
import { planOf } from "../src/plan/plan-of.ts";
import {
  columnsOf,
  featureShapeOf,
  levelKey,
  type TableContract,
} from "../src/plan/contract/data-contract.ts";
import { errorOf } from "./expect-error.ts";
import { samplePlan } from "./plan-sample.ts";

const numeric = { type: "numeric", name: "age" };
const ward = { type: "categorical", name: "ward", levels: ["A", "B", "C"] };
const ill = { type: "numeric", name: "days" };
const label = { name: "outcome", classes: ["well", "ill"] };

const taskWith = (examples: object, loss = "categoricalCrossentropy") => ({
  population: "hospitals",
  name: "outcome",
  model: { path: "./model.json" },
  plan: { loss },
  examples,
});
const contractOf = (examples: object, loss?: string): TableContract =>
  parseTask(taskWith(examples, loss)).examples as TableContract;

describe("the data contract of a task", () => {
  it("needs the features and the label, and has a default for the rest", () => {
    expect(contractOf({ features: [numeric, ward], label })).toEqual({
      features: [
        { ...numeric, scaling: { method: "none" }, whenMissing: "refuse" },
        { ...ward, encoding: "oneHot", whenMissing: "refuse" },
      ],
      label: { ...label, whenMissing: "refuse" },
      missing: ["", "NA", "N/A", "NaN", "nan", "null", "?"],
      otherColumns: "refuse",
    });
  });

  it("takes the numbers that YAML reads in place of words for these words", () => {
    const { features, label: parsed } = contractOf({
      features: [{ ...ward, levels: [1, 2.5, "x"], whenMissing: { fill: 1 } }],
      label: { ...label, classes: [0, 1] },
    });
    expect(features[0]).toMatchObject({ levels: ["1", "2.5", "x"], whenMissing: { fill: "1" } });
    expect(parsed.classes).toEqual(["0", "1"]);
  });

  it("is a part of the plan, which only clients that know it get", () => {
    const task = parseTask(taskWith({ features: [numeric, ill], label }));
    const plan = planOf(task, samplePlan.model);
    expect(decodePlan(encodePlan(plan)).examples).toEqual(task.examples);
    expect(featuresOf(plan).map(({ name }) => name)).toEqual(["data-contract"]);
    expect(featuresOf(planOf({ ...task, examples: null }, samplePlan.model))).toEqual([]);
  });

  it("may leave it to statistics what stands for a missing value, until the task trains", () => {
    const bounded = { ...numeric, scaling: { method: "minMax", minimum: 0, maximum: 9 } };
    const features = [ward, { ...bounded, whenMissing: "median" }];
    const task = parseTask(taskWith({ features, label }));
    expect(errorOf(() => checkFillings(task), "TASK_INVALID")).toMatchObject({
      message: expect.stringContaining("what stands for a missing age"),
      remedy: expect.stringContaining("tributary task statistics"),
      context: { path: "examples.features[1].whenMissing" },
    });
    errorOf(() => encodePlan(planOf(task, samplePlan.model)), "PLAN_INVALID");
    const counting = { ...task, model: { builtin: "statistics", bins: 4 } } as const;
    expect(() => checkFillings(counting)).not.toThrow();
    const model = statisticsModel(task.examples as TableContract, 4);
    expect(() => encodePlan(planOf(counting, model))).not.toThrow();
  });

  it.each([
    ["", { features: [], label }, "1 to 16384 items"],
    [
      ".features[0].whenMissing",
      { features: [{ ...numeric, whenMissing: "median" }], label },
      "minMax",
    ],
    [
      ".features[0].whenMissing",
      { features: [{ ...numeric, whenMissing: "mostFrequent" }], label },
      "mean or median",
    ],
    [
      ".features[0].whenMissing",
      { features: [{ ...ward, whenMissing: "mean" }], label },
      "mostFrequent",
    ],
    [
      ".features[0].type",
      { features: [{ ...numeric, type: "date" }], label },
      "numeric, categorical",
    ],
    [".features[0].scale", { features: [{ ...numeric, scale: 1 }], label }, "scaling"],
    [
      ".features[0].scaling.deviation",
      {
        features: [{ ...numeric, scaling: { method: "standard", mean: 1, deviation: 0 } }],
        label,
      },
      "above 0",
    ],
    [
      ".features[0].scaling.maximum",
      { features: [{ ...numeric, scaling: { method: "minMax", minimum: 1, maximum: 1 } }], label },
      "above minimum",
    ],
    [
      ".features[0].whenMissing",
      { features: [{ ...numeric, whenMissing: { fill: "5" } }], label },
      "{ fill: VALUE }",
    ],
    [
      ".features[0].whenMissing.fill",
      { features: [{ ...ward, whenMissing: { fill: "D" } }], label },
      "one of the levels",
    ],
    [
      ".features[0].scaling.maximum",
      {
        features: [{ ...numeric, scaling: { method: "minMax", minimum: -1e308, maximum: 1e308 } }],
        label,
      },
      "nearer to minimum",
    ],
    [
      ".features[0].whenMissing.fill",
      { features: [{ ...numeric, whenMissing: { fill: 1e300 } }], label },
      "can be scaled",
    ],
    [".features[0].levels[1]", { features: [{ ...ward, levels: ["A", " "] }], label }, "Use text"],
    [
      ".features[0].levels",
      { features: [{ ...ward, levels: ["Jos\u00e9", "Jose\u0301"] }], label },
      "once",
    ],
    [
      ".features[1].name",
      {
        features: [
          { ...numeric, name: "caf\u00e9" },
          { ...numeric, name: "cafe\u0301" },
        ],
        label,
      },
      "once",
    ],
    [
      ".features[0].shape",
      { features: [{ type: "image", name: "p", shape: [65_536, 65_536] }], label },
      "up to 16777216 values",
    ],
    [".features[0].levels[1]", { features: [{ ...ward, levels: ["A", true] }], label }, "quote"],
    [
      ".features[0].levels",
      { features: [{ ...ward, levels: [1, "1.0"] }], label },
      "Name 1.0 once",
    ],
    [".features[1].name", { features: [numeric, numeric], label }, "column age once"],
    [".features[0].name", { features: [{ ...numeric, name: "outcome" }], label }, "once"],
    [
      ".features[1].type",
      { features: [numeric, { type: "image", name: "p", shape: [2] }], label },
      "only feature",
    ],
    [
      ".features[0].name",
      { features: [{ type: "image", name: "p", shape: [2] }], label: { ...label, name: "p1" } },
      "column p1 once",
    ],
    [".label", { features: [numeric], label: { name: "y" } }, "classes or a scaling"],
    [".label.classes", { features: [numeric], label: { ...label, classes: ["a"] } }, "2 to"],
    [".label.classes", { features: [numeric], label: { ...label, classes: ["a", "a"] } }, "once"],
    [
      ".label.classes",
      { features: [numeric], label: { name: "y", scaling: { method: "none" } } },
      "categoricalCrossentropy needs",
    ],
  ])("is refused at examples%s: %j", (path, examples, remedy) => {
    const error = errorOf(() => parseTask(taskWith(examples)), "TASK_INVALID");
    const at = path === "" ? "examples.features" : `examples${path}`;
    expect(error.context["path"]).toBe(at);
    expect(error.remedy).toContain(remedy);
  });

  it.each([
    ["meanSquaredError", label, "is for numbers"],
    ["binaryCrossentropy", { ...label, classes: ["a", "b", "c"] }, "no and yes"],
  ])("is refused with a label that the loss %s does not take", (loss, odd, remedy) => {
    const error = errorOf(
      () => parseTask(taskWith({ features: [numeric], label: odd }, loss)),
      "TASK_INVALID",
    );
    expect(error.remedy).toContain(remedy);
    const fitting = parseTask(taskWith({ features: [numeric, ill], label }));
    const plan = planOf(fitting, samplePlan.model);
    errorOf(
      () => encodePlan({ ...plan, training: { ...plan.training, loss: "meanSquaredError" } }),
      "PLAN_INVALID",
    );
  });
});

describe("a model that does not fit the contract", () => {
  // It takes two values and gives two.
  const { model } = samplePlan;
  it.each([
    [
      { features: [numeric], label },
      "categoricalCrossentropy",
      "gives 1 value, and the model takes 2",
    ],
    [
      { features: [numeric, { ...numeric, name: "b" }], label: { ...label, classes: [1, 2, 3] } },
      "categoricalCrossentropy",
      "names 3 classes, and the model gives 2",
    ],
    [
      {
        features: [numeric, { ...numeric, name: "b" }],
        label: { name: "y", scaling: { method: "none" } },
      },
      "meanSquaredError",
      "a label of one value, and the model gives 2",
    ],
  ])("is refused before anyone trains: %#", (examples, loss, message) => {
    const task = parseTask(taskWith(examples, loss));
    const error = errorOf(() => checkModelFit(task, model), "TASK_INVALID");
    expect(error.message).toContain(message);
  });

  it.each(["categoricalCrossentropy", "sparseCategoricalCrossentropy"])(
    "differs from one that fits, under the loss %s",
    (loss) => {
      checkModelFit(parseTask(taskWith({ features: [numeric, ill], label }, loss)), model);
    },
  );
});

describe("what a contract gives a model", () => {
  it("are values in the order of its features, or an image", () => {
    const index = { ...ward, name: "drug", encoding: "index" };
    expect(featureShapeOf(contractOf({ features: [numeric, ward, index], label }))).toEqual([5]);
    const image = contractOf({ features: [{ type: "image", name: "p", shape: [2, 1] }], label });
    expect(featureShapeOf(image)).toEqual([2, 1]);
    expect(columnsOf(image.features[0]!)).toEqual(["p0", "p1"]);
  });
});

describe("texts of one level", () => {
  it.each([
    ["1", ["1.0", "1.", "+1", " 1 ", "1e0", "1.000"]],
    ["0", ["-0", "0.0"]],
    ["2.5", ["2.50", "+2.5"]],
    ["A b", [" A b "]],
    ["Jos\u00e9", ["Jose\u0301"]],
  ])("mean %j however they are written", (key, texts) => {
    expect(texts.map(levelKey)).toEqual(texts.map(() => key));
  });

  it.each(["007", "12345678901234567890", "0x10", "1,5", "Infinity", "", "a"])(
    "are %j only",
    (text) => {
      expect(levelKey(text)).toBe(text);
    },
  );
});
