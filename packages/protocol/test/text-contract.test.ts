import { describe, expect, it } from "vitest";
import { transformerModel } from "../src/model/char-transformer.ts";
import { checkModelFit } from "../src/plan/model-fit.ts";
import { parseTask } from "../src/plan/parse-task.ts";
import { basesToReport } from "../src/plan/plan-bases.ts";
import { decodePlan, encodePlan } from "../src/plan/plan-bytes.ts";
import { featuresOf } from "../src/plan/plan-features.ts";
import { planOf } from "../src/plan/plan-of.ts";
import { seededRandom } from "../src/random/random-source.ts";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { errorOf } from "./expect-error.ts";
import { samplePlan } from "./plan-sample.ts";

const random = seededRandom(createNodeCryptoProvider(), 1);
const tokens = { type: "text", tokenizer: { name: "r50k_base", vocabulary: 300 }, window: 6 };

const taskWith = (examples: object, plan: object = {}, model: object = {}) => ({
  population: "keyboard",
  name: "words",
  model: { builtin: "char-transformer", width: 4, ...model },
  plan: { loss: "sparseCategoricalCrossentropy", metrics: ["perplexity"], ...plan },
  examples,
});

const modelWith = (vocabulary: number, window: number) =>
  transformerModel({ vocabulary, window, width: 4, blocks: 1, heads: 1 }, random).description;

describe("a data contract about text", () => {
  it("is of windows of 64 bytes unless it says otherwise", () => {
    expect(parseTask(taskWith({ type: "text" })).examples).toEqual({
      ...{ type: "text", tokenizer: { name: "bytes" }, window: 64 },
    });
  });

  it("is a part of the plan, which only clients that know it get", () => {
    const task = parseTask(taskWith(tokens));
    const plan = planOf(task, modelWith(300, 6));
    expect(decodePlan(encodePlan(plan)).examples).toEqual(tokens);
    expect(featuresOf(plan).map(({ name }) => name)).toEqual([
      ...["data-contract", "text-contract", "perplexity"],
    ]);
    expect(basesToReport(plan)).toMatchObject([{ name: "surprise", width: 300 }]);
  });

  it.each([
    ["examples.type", { ...tokens, type: "words" }, {}, "or one of the type text"],
    ["examples.tokenizer.name", { ...tokens, tokenizer: { name: "gpt5" } }, {}, "bytes, r50k_base"],
    [
      "examples.tokenizer.vocabulary",
      { ...tokens, tokenizer: { name: "r50k_base" } },
      {},
      "from 257 to 50256",
    ],
    ["examples.window", { ...tokens, window: 0 }, {}, "from 1"],
    ["examples.label", { ...tokens, label: {} }, {}, "type, tokenizer, window"],
    ["examples.type", tokens, { loss: "meanSquaredError", metrics: [] }, "does not tell tokens"],
  ])("is refused at %s: %j", (path, examples, plan, remedy) => {
    const error = errorOf(
      () => parseTask({ ...taskWith(examples, plan), model: { path: "./model.json" } }),
      "TASK_INVALID",
    );
    expect(error.context["path"]).toBe(path);
    expect(error.remedy).toContain(remedy);
  });

  it("is not for tasks that count columns", () => {
    const statistics = {
      ...taskWith(tokens, { metrics: [], update: { codec: "float32" } }),
      model: { builtin: "statistics" },
    };
    const error = errorOf(() => parseTask(statistics), "TASK_INVALID");
    expect(error.context["path"]).toBe("model.builtin");
    const plan = { ...samplePlan, examples: parseTask(taskWith(tokens)).examples! };
    errorOf(
      () =>
        encodePlan({
          ...plan,
          training: { ...plan.training, loss: "sparseCategoricalCrossentropy" },
          statistics: { bins: 4 },
        }),
      "PLAN_INVALID",
    );
  });

  it("is refused before anyone trains a model of other windows or of fewer tokens", () => {
    const task = parseTask(taskWith(tokens));
    checkModelFit(task, modelWith(300, 6));
    checkModelFit(task, modelWith(301, 6));
    const fewer = errorOf(() => checkModelFit(task, modelWith(256, 6)), "TASK_INVALID");
    expect(fewer.message).toContain(
      "has the tokenizer r50k_base with 300 tokens, and the model tells 256 apart",
    );
    expect(fewer.context["path"]).toBe("examples.tokenizer");
    const shorter = errorOf(() => checkModelFit(task, modelWith(300, 5)), "TASK_INVALID");
    expect(shorter.message).toContain("gives 6 tokens, and the model takes 5");
    expect(shorter.context["path"]).toBe("examples.window");
  });
});
