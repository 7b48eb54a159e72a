import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { builtinModelOf } from "../src/plan/builtin-model-of.ts";
import { parseTask } from "../src/plan/parse-task.ts";
import type { TableContract } from "../src/plan/contract/data-contract.ts";
import { decodePlan, encodePlan } from "../src/plan/plan-bytes.ts";
import { featuresOf } from "../src/plan/plan-features.ts";
import { planOf } from "../src/plan/plan-of.ts";
import type { Plan } from "../src/plan/plan.ts";
import { readStatistics } from "../src/plan/statistics/read-statistics.ts";
import { seededRandom } from "../src/random/random-source.ts";
import { errorOf } from "./expect-error.ts";

const random = seededRandom(createNodeCryptoProvider(), 1);

const counting = {
  population: "hospitals",
  name: "columns",
  model: { builtin: "statistics", bins: 4 },
  plan: { metrics: [], update: { codec: "float32" } },
  maximumExamples: 1_048_576,
  examples: {
    features: [
      { type: "numeric", name: "age", scaling: { method: "minMax", minimum: 0, maximum: 100 } },
      { type: "categorical", name: "ward", levels: ["A", "B"] },
    ],
    label: { name: "outcome", classes: ["well", "ill"] },
  },
};

function countingPlan(): Plan {
  const task = parseTask(counting);
  if (!("builtin" in task.model)) throw new Error("The task has a builtin model");
  return planOf(task, builtinModelOf(task.model, task, random).description);
}

describe("a statistics task", () => {
  it("gives a plan whose model is what is counted, for clients that know such plans", () => {
    const plan = countingPlan();
    expect(decodePlan(encodePlan(plan))).toEqual(plan);
    expect(plan.statistics).toEqual({ bins: 4 });
    expect(plan.model.parameters.map(({ shape }) => shape)).toEqual([[8], [2], [2]]);
    expect(featuresOf(plan).map(({ name }) => name)).toEqual(["data-contract", "statistics"]);
  });

  it.each([
    ["examples", { examples: null }],
    ["plan.metrics", { plan: { ...counting.plan, metrics: ["accuracy"] } }],
    ["plan.trainable", { plan: { ...counting.plan, trainable: ["column_0"] } }],
    ["plan.clipNorm", { plan: { ...counting.plan, clipNorm: 1 } }],
    ["plan.update.codec", { plan: { metrics: [], update: { codec: "uniform" } } }],
    ["plan.download.encoding", { plan: { ...counting.plan, download: { encoding: "float16" } } }],
    ["aggregation.rule", { aggregation: { rule: "median" } }],
    ["weighting", { weighting: "uniform" }],
    ["maximumExamples", { maximumExamples: 1_000 }],
    ["serverOptimizer.name", { serverOptimizer: { name: "fedavgm" } }],
    ["serverOptimizer.learningRate", { serverOptimizer: { learningRate: 0.5 } }],
    ["model", { model: { builtin: "mlp", inputs: 1, outputs: 1, bins: 4 } }],
  ])("is refused where the result would be another: %s", (path, change) => {
    const error = errorOf(() => parseTask({ ...counting, ...change }), "TASK_INVALID");
    expect(error.context["path"]).toBe(path);
  });

  it("has no plan whose model is not what is counted", () => {
    const plan = countingPlan();
    errorOf(() => encodePlan({ ...plan, statistics: { bins: 5 } }), "PLAN_INVALID");
    const { examples: _, ...bare } = plan;
    errorOf(() => encodePlan(bare), "PLAN_INVALID");
  });
});

describe("statistics of columns without values", () => {
  it("say so, and give no distribution", () => {
    const { examples } = parseTask(counting);
    const [age, ward] = readStatistics(examples as TableContract, 4, new Float32Array(12), 7);
    expect(age).toEqual({
      ...{ kind: "numbers", name: "age", present: 0, missing: 7 },
      ...{ mean: Number.NaN, deviation: Number.NaN },
    });
    expect(ward).toMatchObject({ present: 0, missing: 7 });
  });
});
