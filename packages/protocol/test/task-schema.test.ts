import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom } from "../src/random/random-source.ts";
import { isTributaryError } from "../src/errors.ts";
import { builtinModel } from "../src/model/builtin-models.ts";
import { builtinModelOf } from "../src/plan/builtin-model-of.ts";
import { decodePlan, encodePlan } from "../src/plan/plan-bytes.ts";
import { aggregationFault } from "../src/plan/aggregation/aggregation-fault.ts";
import {
  aggregationRuleNames,
  reportsNeeded,
  type AggregationSpec,
} from "../src/plan/aggregation/rule-table.ts";
import { minimumReports, planOf, roundOf } from "../src/plan/plan-of.ts";
import type { MlpSource } from "../src/plan/task-definition.ts";
import { parseTask, taskJsonSchema } from "../src/plan/parse-task.ts";
import { expectSection } from "./document-section.ts";
import { errorOf, orTributaryError } from "./expect-error.ts";
import { renderTaskKeys } from "./task-reference.ts";
import { AGGREGATION_SPECS } from "./aggregation-specs.ts";

const smallest = { population: "keyboard", name: "next-digit", model: { builtin: "mcmahan-2nn" } };
const model = builtinModel("mlp-64", seededRandom(createNodeCryptoProvider(), 1)).description;

/** The section eligibility of a task that asks for no conditions. */
const nothingAsked = {
  ...{ charging: false, minimumBattery: null, unmetered: false, dataSaverOff: false, idle: false },
  ...{ hidden: false, unburdened: false, hours: null, dailySeconds: null, dailyBattery: null },
  unknown: "unmet",
};

describe("a task", () => {
  it("needs a population, a name and a model, and has a default for the rest", () => {
    expect(parseTask(smallest)).toEqual({
      ...smallest,
      examples: null,
      plan: {
        localEpochs: 1,
        batchSize: 10,
        optimizer: { name: "sgd", learningRate: 0.1, momentum: 0, nesterov: false },
        loss: "categoricalCrossentropy",
        metrics: ["accuracy"],
        trainable: "all",
        proximal: null,
        gradientClipNorm: null,
        batchNormalization: "pooled",
        clipNorm: null,
        update: { codec: "uniform", bits: 8 },
        download: { encoding: "float32" },
      },
      round: {
        goalCount: 10,
        overselection: 1.3,
        minimumFraction: 0.8,
        selectionTimeoutMs: 60_000,
        reportingTimeoutMs: 120_000,
      },
      aggregation: { rule: "mean" },
      weighting: "examples",
      maximumExamples: 1_000,
      eligibility: { ...nothingAsked, minimumExamples: 1 },
      participation: { minimumSeparation: 1, windowMs: null },
      serverOptimizer: { name: "fedavg", learningRate: 1 },
      evaluation: { judgedBy: "training", everyRounds: null },
      stop: { rounds: 100 },
      schedule: { startAt: null, endAt: null, dailyWindow: null, minimumIntervalMs: 0 },
      publicModel: false,
      priority: 0,
      budget: { bytes: null, reports: null, roundTimeMs: null },
    });
    for (const key of Object.keys(smallest)) {
      const { [key]: _, ...rest } = smallest as Record<string, unknown>;
      expect(errorOf(() => parseTask(rest), "TASK_INVALID").message).toContain(`${key} is missing`);
    }
  });

  it("keeps everything that is written, and parses again to the same", () => {
    const task = {
      examples: null,
      population: "hospital.ward_1",
      name: "abalone",
      model: { path: "./model.json" },
      plan: {
        localEpochs: 5,
        batchSize: 32,
        optimizer: { name: "adam", learningRate: 0.01, beta1: 0.8, beta2: 0.99, epsilon: 1e-6 },
        loss: "meanSquaredError",
        metrics: ["meanAbsoluteError"],
        trainable: ["dense_1", "dense_2"],
        proximal: 0.01,
        gradientClipNorm: 5,
        batchNormalization: "averaged",
        clipNorm: 3,
        update: { codec: "float32" },
        download: { encoding: "difference", update: { codec: "eden", bits: 4 } },
      },
      round: {
        goalCount: 100,
        overselection: 1,
        minimumFraction: 1,
        selectionTimeoutMs: 1,
        reportingTimeoutMs: 2,
      },
      aggregation: { rule: "multiKrum", byzantine: 10, selected: 40 },
      weighting: "uniform",
      maximumExamples: 250,
      eligibility: {
        ...{ charging: true, minimumBattery: 0.3, unmetered: true, dataSaverOff: true, idle: true },
        ...{ hidden: true, unburdened: true, hours: { from: "22:00", to: "06:30" } },
        ...{ dailySeconds: 600, dailyBattery: 0.05, unknown: "met", minimumExamples: 20 },
      },
      participation: { minimumSeparation: 5, windowMs: 86_400_000 },
      serverOptimizer: { name: "fedavg", learningRate: 0.5 },
      evaluation: {
        judgedBy: "clients",
        metric: "meanAbsoluteError",
        everyRounds: 5,
        goalCount: 100,
      },
      stop: {
        rounds: 500,
        targetMetric: { name: "meanAbsoluteError", atMost: 0.97 },
        plateau: { measurements: 10, minimumChange: 0.01 },
      },
      schedule: {
        startAt: "2026-12-01T22:00:00Z",
        endAt: "2027-01-01T00:00:00+01:00",
        dailyWindow: { from: "22:00", to: "06:30" },
        minimumIntervalMs: 60_000,
      },
      publicModel: true,
      priority: 7,
      budget: { bytes: 1_000_000_000_000, reports: 100_000, roundTimeMs: 86_400_000 },
    };
    expect(parseTask(task)).toEqual(task);
    expect(parseTask(parseTask(smallest))).toEqual(parseTask(smallest));
  });

  it.each<[object, object]>([
    [{ name: "sgd" }, { learningRate: 0.1, momentum: 0, nesterov: false }],
    [{ name: "adam" }, { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }],
    [{ name: "adagrad" }, { learningRate: 0.01, initialAccumulator: 0.1 }],
    [{ name: "rmsprop" }, { learningRate: 0.001, decay: 0.9, momentum: 0, epsilon: 1e-7 }],
  ])("fills in the defaults of the optimizer %j", (optimizer, defaults) => {
    const task = parseTask({ ...smallest, plan: { optimizer } });
    expect(task.plan.optimizer).toEqual({ ...optimizer, ...defaults });
  });

  it.each<[object, object]>([
    [{}, { name: "fedavg", learningRate: 1 }],
    // Files from before there was a choice may leave the name out.
    [{ learningRate: 0.5 }, { name: "fedavg", learningRate: 0.5 }],
    [{ name: "fedavgm" }, { name: "fedavgm", learningRate: 1, momentum: 0.9 }],
    [{ name: "fedadagrad" }, { name: "fedadagrad", learningRate: 0.01, tau: 0.001 }],
    [
      { name: "fedadam", tau: 0.1 },
      { name: "fedadam", learningRate: 0.01, beta1: 0.9, beta2: 0.99, tau: 0.1 },
    ],
    [
      { name: "fedyogi", beta1: 0 },
      { name: "fedyogi", learningRate: 0.01, beta1: 0, beta2: 0.99, tau: 0.001 },
    ],
  ])("fills in the defaults of the server optimizer %j", (serverOptimizer, filled) => {
    expect(parseTask({ ...smallest, serverOptimizer }).serverOptimizer).toEqual(filled);
  });

  it("reports accuracy for a crossentropy and nothing else for another loss, unless told", () => {
    const metrics = (plan: object): readonly string[] =>
      parseTask({ ...smallest, plan }).plan.metrics;
    expect(metrics({ loss: "binaryCrossentropy" })).toEqual(["accuracy"]);
    expect(metrics({ loss: "meanSquaredError" })).toEqual([]);
    expect(metrics({ metrics: [] })).toEqual([]);
  });

  it.each<[string, object, string, string]>([
    ["a wrong case", { plan: { batchsize: 3 } }, "plan.batchsize", "Perhaps you meant batchSize;"],
    ["a slip", { round: { goalCuont: 3 } }, "round.goalCuont", "Perhaps you meant goalCount;"],
    ["a section's slip", { paln: {} }, "paln", "Perhaps you meant plan;"],
    [
      "nothing alike",
      { plan: { dropout: 0.5 } },
      "plan.dropout",
      "The keys known here are localEpochs,",
    ],
    [
      "another optimizer's key",
      { plan: { optimizer: { name: "sgd", beta1: 0.9 } } },
      "plan.optimizer.beta1",
      "The keys known here are name, learningRate, momentum, nesterov.",
    ],
    ["an inherited name", { constructor: 1 }, "constructor", "The keys known here are population,"],
  ])(
    "with %s in a key is refused: the key, its path and what is allowed",
    (_, part, path, remedy) => {
      const error = errorOf(() => parseTask({ ...smallest, ...part }), "TASK_INVALID");
      expect(error.message).toContain(`unknown key ${path}.`);
      expect(error.remedy).toContain(remedy);
      expect(error.context).toEqual({ path });
    },
  );

  it.each([
    ["categoricalCrossentropy", "softmax"],
    ["binaryCrossentropy", "sigmoid"],
    ["huberLoss", "linear"],
  ])("gives the builtin mlp of a task with the loss %s the activation %s", (loss, activation) => {
    const source = { builtin: "mlp", inputs: 4, outputs: 1 };
    const task = parseTask({ ...smallest, model: source, plan: { loss } });
    expect(task.model).toEqual({ ...source, hidden: [64, 32] });
    const random = seededRandom(createNodeCryptoProvider(), 1);
    const { topology } = builtinModelOf(task.model as MlpSource, task, random).description;
    expect(topology).toMatchObject({
      config: { layers: [{}, {}, { config: { name: "output", activation } }] },
    });
  });

  it.each<[string, object, object]>([
    ["categoricalCrossentropy", { classes: ["a", "b", "c"] }, { inputs: 4, outputs: 3 }],
    ["sparseCategoricalCrossentropy", { classes: ["a", "b"] }, { inputs: 4, outputs: 2 }],
    ["binaryCrossentropy", { classes: ["no", "yes"] }, { inputs: 4, outputs: 1 }],
    ["meanSquaredError", { scaling: { method: "none" } }, { inputs: 4, outputs: 1 }],
  ])("takes the sizes of the builtin mlp from the data contract with %s", (loss, label, sizes) => {
    const examples = {
      features: [
        { type: "numeric", name: "age" },
        { type: "categorical", name: "ward", levels: ["east", "south", "west"] },
      ],
      label: { name: "outcome", ...label },
    };
    const task = { ...smallest, examples, plan: { loss } };
    const parsed = parseTask({ ...task, model: { builtin: "mlp", hidden: [8] } });
    expect(parsed.model).toEqual({ builtin: "mlp", hidden: [8], ...sizes });
    expect(parseTask(parsed)).toEqual(parsed);
    expect(parseTask({ ...task, model: { builtin: "mlp", ...sizes } }).model).toMatchObject(sizes);
    for (const key of ["inputs", "outputs"] as const) {
      const model = { builtin: "mlp", [key]: 7 };
      expect(errorOf(() => parseTask({ ...task, model }), "TASK_INVALID")).toMatchObject({
        message: expect.stringContaining(`model.${key} is 7`),
        remedy: expect.stringContaining("the data contract gives"),
      });
    }
  });

  it("gives the builtin char-transformer the sizes that are left out", () => {
    const model = { builtin: "char-transformer", blocks: 1, heads: 2 } as const;
    expect(parseTask({ ...smallest, model }).model).toEqual({
      ...{ builtin: "char-transformer", vocabulary: 256, window: 64, width: 128 },
      ...{ blocks: 1, heads: 2 },
    });
  });

  it("takes the sizes of the builtin char-transformer from the data contract", () => {
    const examples = {
      ...{ type: "text", window: 32 },
      tokenizer: { name: "r50k_base", vocabulary: 1_024 },
    };
    const task = { ...smallest, examples, plan: { loss: "sparseCategoricalCrossentropy" } };
    const parsed = parseTask({ ...task, model: { builtin: "char-transformer" } });
    expect(parsed.model).toMatchObject({ vocabulary: 1_024, window: 32, width: 128 });
    expect(parseTask(parsed)).toEqual(parsed);
    for (const key of ["vocabulary", "window"] as const) {
      const model = { builtin: "char-transformer", [key]: 7 };
      expect(errorOf(() => parseTask({ ...task, model }), "TASK_INVALID")).toMatchObject({
        message: expect.stringContaining(`model.${key} is 7`),
        remedy: expect.stringContaining("the data contract gives"),
      });
    }
  });

  it("names an unknown key before what is missing because of it", () => {
    const { population, ...rest } = smallest;
    const error = errorOf(() => parseTask({ ...rest, Population: population }), "TASK_INVALID");
    expect(error.message).toContain("unknown key Population");
    expect(error.remedy).toContain("population");
  });

  it.each<[object, string, string]>([
    [{ population: "Two Words" }, 'population is "Two Words"', "lowercase"],
    [{ name: 7 }, "name is 7", "lowercase"],
    [{ model: {} }, "model is not valid", "mcmahan-cnn"],
    [{ model: { builtin: "mlp-64", path: "x" } }, "model is not valid", "either"],
    [{ model: { builtin: "mlp", inputs: 4 } }, "model is not valid", "inputs and outputs"],
    [{ model: { builtin: "mlp" } }, "model is not valid", "write the section examples"],
    [{ model: { builtin: "mlp-64", outputs: 3 } }, "model is not valid", "and with no other"],
    [{ model: { path: "x", hidden: [3] } }, "model is not valid", "and with no other"],
    [{ model: { builtin: "mlp", inputs: 0, outputs: 3 } }, "model.inputs is 0", "from 1"],
    [
      { model: { builtin: "mlp", heads: 2 } },
      "model is not valid",
      "char-transformer, and with no",
    ],
    [{ model: { builtin: "char-transformer", inputs: 2 } }, "model is not valid", "model mlp, and"],
    [{ model: { builtin: "char-transformer", heads: 3 } }, "model.heads is 3", "width of 128"],
    [{ model: { builtin: "char-transformer", window: 0 } }, "model.window is 0", "from 1"],
    [
      { model: { builtin: "char-transformer" }, plan: { loss: "meanSquaredError", metrics: [] } },
      'plan.loss is "meanSquaredError"',
      "sparseCategoricalCrossentropy",
    ],
    [
      {
        model: { builtin: "char-transformer" },
        examples: {
          features: [{ type: "numeric", name: "a" }],
          label: { name: "b", classes: ["c", "d"] },
        },
      },
      "examples is ",
      "windows of tokens",
    ],
    [
      { model: { builtin: "mcmahan-2nn" }, examples: { type: "text" } },
      "model.builtin is",
      "char-transformer",
    ],
    [{ model: { builtin: "vgg" } }, 'model.builtin is "vgg"', "mcmahan-2nn"],
    [{ plan: { batchSize: 0 } }, "plan.batchSize is 0", "whole number from 1"],
    [{ plan: { localEpochs: 1.5 } }, "plan.localEpochs is 1.5", "whole number"],
    [{ plan: { loss: "mse" } }, 'plan.loss is "mse"', "meanSquaredError"],
    [{ plan: { metrics: ["accuracy", "accuracy"] } }, "plan.metrics is a list", "once"],
    [{ plan: { optimizer: {} } }, "plan.optimizer.name is missing", "sgd, adam"],
    [{ plan: { optimizer: { name: "lion" } } }, 'plan.optimizer.name is "lion"', "rmsprop"],
    [{ plan: { trainable: [] } }, "plan.trainable is a list", "layer names"],
    [{ plan: { clipNorm: 0 } }, "plan.clipNorm is 0", "above 0"],
    [{ plan: { proximal: 0 } }, "plan.proximal is 0", "above 0"],
    [{ plan: { gradientClipNorm: -1 } }, "plan.gradientClipNorm is -1", "above 0"],
    [{ plan: { update: { codec: "zip" } } }, 'plan.update.codec is "zip"', "eden"],
    [{ plan: { update: { codec: "uniform", bits: 17 } } }, "plan.update.bits is 17", "1 to 16"],
    [{ plan: { update: { codec: "eden", bits: 5 } } }, "plan.update.bits is 5", "0.5, 1, 2, 3"],
    [{ plan: { update: { codec: "eden", bits: 8, entropy: true } } }, "entropy is true", "or 4"],
    [{ plan: { update: { codec: "qsgd", bits: 9, entropy: true } } }, "entropy is true", "most 8"],
    [{ plan: { update: { codec: "random-k", fraction: 0 } } }, "fraction is 0", "above 0"],
    [
      { plan: { update: { codec: "random-k" } }, aggregation: { rule: "median" } },
      'plan.update.codec is "random-k"',
      "rule mean",
    ],
    [
      { plan: { update: { codec: "top-k" }, clipNorm: 1 } },
      'plan.update.codec is "top-k"',
      "clipNorm null",
    ],
    [{ round: { minimumFraction: 0 } }, "round.minimumFraction is 0", "above 0"],
    [{ round: { overselection: 0.9 } }, "round.overselection is 0.9", "1 to 10"],
    [{ round: { goalCount: 16_000, overselection: 2 } }, "round.overselection is 2", "16384"],
    [{ round: { reportingTimeoutMs: Infinity } }, "round.reportingTimeoutMs is Infinity", "whole"],
    [{ aggregation: "median" }, 'aggregation is "median"', "trimmedMean"],
    [{ aggregation: { rule: "mode" } }, 'aggregation.rule is "mode"', "normBound"],
    [{ aggregation: { rule: "normBound" } }, "aggregation.maximumNorm is missing", "above 0"],
    [{ aggregation: { rule: "krum", byzantine: 0 } }, "aggregation.byzantine is 0", "from 1"],
    [{ aggregation: { rule: "krum" } }, "aggregation.byzantine is missing", "from 1"],
    [
      { aggregation: { rule: "krum", byzantine: 4 } },
      "aggregation.byzantine is 4",
      "krum needs 2f + 3 = 11 reports: lower byzantine to 3, or raise the round's 10 reports to 11",
    ],
    [
      { aggregation: { rule: "multiKrum", byzantine: 2, selected: 7 } },
      "aggregation.selected is 7",
      "lower it to 6, or raise the round's 10 reports to 11",
    ],
    [
      { aggregation: { rule: "bulyan", byzantine: 2 } },
      "aggregation.byzantine is 2",
      "4f + 3 = 11 reports: lower byzantine to 1",
    ],
    [
      { aggregation: { rule: "bulyan", byzantine: 1 }, round: { goalCount: 6 } },
      "aggregation.byzantine is 1",
      "use another rule, or raise the round's 6 reports to 7",
    ],
    [
      { aggregation: { rule: "trimmedMean", byzantine: 5 } },
      "aggregation.byzantine is 5",
      "2f + 1 = 11 reports: lower byzantine to 4",
    ],
    [
      { aggregation: { rule: "median" }, round: { goalCount: 2 } },
      'aggregation.rule is "median"',
      "needs 3 reports",
    ],
    [{ plan: { download: { encoding: "gzip" } } }, "plan.download.encoding", "float16"],
    [
      { plan: { download: { encoding: "difference", update: { codec: "eden", bits: 5 } } } },
      "plan.download.update.bits is 5",
      "Use one of",
    ],
    [{ eligibility: { charging: "yes" } }, 'eligibility.charging is "yes"', "true or false"],
    [{ eligibility: { minimumBattery: 30 } }, "eligibility.minimumBattery is 30", "at most 1"],
    [{ eligibility: { hours: { from: "10pm", to: "06:00" } } }, 'from is "10pm"', "like 22:30"],
    [{ eligibility: { hours: { from: "06:00", to: "06:00" } } }, "eligibility.hours", "two times"],
    [{ eligibility: { dailySeconds: 0 } }, "eligibility.dailySeconds is 0", "to 86400"],
    [{ eligibility: { dailyBattery: 5 } }, "eligibility.dailyBattery is 5", "at most 1"],
    [{ eligibility: { unknown: "no" } }, 'eligibility.unknown is "no"', "unmet, met"],
    [{ serverOptimizer: { name: "fedadm" } }, 'serverOptimizer.name is "fedadm"', "fedadam"],
    [{ serverOptimizer: { momentum: 0.5 } }, "unknown key serverOptimizer.momentum", "name"],
    [{ serverOptimizer: { name: "fedavgm", momentum: 1 } }, "momentum is 1", "below 1"],
    [{ serverOptimizer: { name: "fedadam", tau: 0 } }, "tau is 0", "above 0"],
    [
      { serverOptimizer: { name: "fedavgm" }, plan: { batchNormalization: "averaged" } },
      'plan.batchNormalization is "averaged"',
      "pooled",
    ],
    [
      { stop: { targetMetric: { name: "accuracy" } } },
      "stop.targetMetric is not valid",
      "either atLeast or atMost",
    ],
    [
      { stop: { targetMetric: { name: "loss", atLeast: 1, atMost: 2 } } },
      "stop.targetMetric is not valid",
      "either atLeast or atMost",
    ],
    [
      { evaluation: { judgedBy: "clients" } },
      "evaluation.everyRounds is missing",
      "how often clients evaluate",
    ],
    [
      { plan: { batchNormalization: "local" }, evaluation: { judgedBy: "operator" } },
      'evaluation.judgedBy is "operator"',
      "lacks the layers that each client keeps",
    ],
    [
      { evaluation: { metric: "meanSquaredError" } },
      'evaluation.metric is "meanSquaredError"',
      "plan's metrics",
    ],
    [
      { evaluation: { everyRounds: 1, goalCount: 7 } },
      "evaluation.goalCount is 7",
      "Use at least 8",
    ],
    [
      { stop: { plateau: { measurements: 0 } } },
      "stop.plateau.measurements is 0",
      "whole number from 1",
    ],
    [
      { schedule: { startAt: "tomorrow" } },
      'schedule.startAt is "tomorrow"',
      "2026-12-01T22:00:00Z",
    ],
    [
      { schedule: { startAt: "2026-12-02T00:00:00Z", endAt: "2026-12-01T00:00:00Z" } },
      'schedule.endAt is "2026-12-01T00:00:00Z"',
      "after startAt",
    ],
    [
      { schedule: { dailyWindow: { from: "24:00", to: "06:00" } } },
      'schedule.dailyWindow.from is "24:00"',
      "22:30",
    ],
    [
      { schedule: { dailyWindow: { from: "06:00", to: "06:00" } } },
      "schedule.dailyWindow is not valid",
      "two times",
    ],
    [{ priority: 101 }, "priority is 101", "from 0 to 100"],
    [{ budget: { bytes: 0.5 } }, "budget.bytes is 0.5", "whole number"],
    [
      { plan: { metrics: [] }, stop: { targetMetric: { name: "accuracy", atLeast: 1 } } },
      'stop.targetMetric.name is "accuracy"',
      "plan's metrics",
    ],
    [{ stop: null }, "stop is null", "rounds"],
  ])("with %j is refused, with the cause and the remedy", (part, cause, remedy) => {
    const error = errorOf(() => parseTask({ ...smallest, ...part }), "TASK_INVALID");
    expect(error.message).toContain(cause);
    expect(error.remedy).toContain(remedy);
    expect(error.remedy).toMatch(/^[A-Z].*\.$/);
  });

  it("that is anything else is refused with TASK_INVALID and nothing worse", () => {
    const onlyTaskInvalid = (value: unknown): void => {
      const outcome = orTributaryError(() => parseTask(value));
      if (isTributaryError(outcome)) expect(outcome.code).toBe("TASK_INVALID");
    };
    fc.assert(fc.property(fc.anything(), onlyTaskInvalid));
    const keys = [...Object.keys(parseTask(smallest)), "extra"];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.anything()), (part) => {
        onlyTaskInvalid({ ...smallest, ...part });
      }),
    );
  });
});

describe("the plan of a task", () => {
  it("says what concerns the client, and comes back from its bytes", () => {
    const plan = planOf(parseTask(smallest), model);
    expect(decodePlan(encodePlan(plan))).toEqual(plan);
    expect(plan).toMatchObject({
      version: 1,
      task: "next-digit",
      population: "keyboard",
      model: {
        format: "tfjs-layers-model",
        topology: model.topology,
        parameters: model.parameters,
      },
      training: { localEpochs: 1, optimizer: { name: "sgd", learningRate: 0.1 } },
      update: { codec: "uniform", bits: 8 },
      clipNorm: null,
      minimumCohort: 8,
    });
    expect(plan).not.toHaveProperty("round");
  });

  it("says what is added to a step only where the task does", () => {
    const { training } = planOf(parseTask(smallest), model);
    expect(Object.keys(training)).not.toContain("proximal");
    expect(Object.keys(training)).not.toContain("gradientClipNorm");
    const told = { proximal: 0.01, gradientClipNorm: 5 };
    const plan = planOf(parseTask({ ...smallest, plan: told }), model);
    expect(plan.training).toEqual({ ...training, ...told });
    expect(decodePlan(encodePlan(plan))).toEqual(plan);
  });

  it.each([
    [10, 0.7, 7],
    [10, 0.71, 8],
    [3, 0.5, 2],
    [1, 0.01, 1],
    [100, 1, 100],
  ])(
    "with a goal of %i and a fraction of %d asks for a cohort of %i",
    (goalCount, minimumFraction, cohort) => {
      const task = parseTask({ ...smallest, round: { goalCount, minimumFraction } });
      expect(planOf(task, model).minimumCohort).toBe(cohort);
    },
  );

  it.each<[AggregationSpec, number, number, number]>([
    [{ rule: "mean" }, 10, 0.5, 5],
    [{ rule: "normBound", maximumNorm: 3 }, 10, 0.5, 5],
    [{ rule: "median" }, 10, 0.1, 3],
    [{ rule: "trimmedMean", byzantine: 3 }, 10, 0.5, 7],
    [{ rule: "krum", byzantine: 3 }, 10, 0.5, 9],
    [{ rule: "multiKrum", byzantine: 1, selected: 6 }, 10, 0.5, 9],
    [{ rule: "bulyan", byzantine: 1 }, 10, 0.8, 8],
    [{ rule: "bulyan", byzantine: 1 }, 10, 0.5, 7],
  ])(
    "with %j, a goal of %i and a fraction of %d asks for a cohort that is enough for the rule",
    (aggregation, goalCount, minimumFraction, cohort) => {
      const task = parseTask({ ...smallest, aggregation, round: { goalCount, minimumFraction } });
      const plan = planOf(task, model);
      expect(plan).toMatchObject({ aggregation, minimumCohort: cohort });
      expect(minimumReports(roundOf(task))).toBe(cohort);
      expect(decodePlan(encodePlan(plan))).toEqual(plan);
    },
  );

  it("needs exactly what its rule needs, for any goal that is enough", () => {
    const byzantine = fc.integer({ min: 1, max: 4_095 });
    const spec = fc.oneof(
      byzantine.map((f) => ({ rule: "trimmedMean", byzantine: f }) as const),
      byzantine.map((f) => ({ rule: "krum", byzantine: f }) as const),
      byzantine.map((f) => ({ rule: "bulyan", byzantine: f }) as const),
    );
    fc.assert(
      fc.property(spec, fc.nat(12), (aggregation, more) => {
        const goalCount = Math.min(16_384, reportsNeeded(aggregation) + more);
        fc.pre(goalCount >= reportsNeeded(aggregation));
        const round = { goalCount, overselection: 1, minimumFraction: 1e-6 };
        const task = parseTask({ ...smallest, aggregation, round });
        expect(minimumReports(roundOf(task))).toBe(reportsNeeded(aggregation));
      }),
    );
  });

  it("is refused when the model lacks a layer that the task trains", () => {
    const task = parseTask({ ...smallest, plan: { trainable: ["hidden", "head"] } });
    const error = errorOf(() => planOf(task, model), "PLAN_INVALID");
    expect(error.message).toContain('"head"');
    expect(error.remedy).toContain("hidden, output");
  });
});

describe("an aggregation rule", () => {
  it("other than the mean is refused where the plan hides single updates", () => {
    expect(AGGREGATION_SPECS.map(({ rule }) => rule)).toEqual(aggregationRuleNames);
    for (const spec of AGGREGATION_SPECS) {
      expect(aggregationFault(spec, { reports: 100, updatesInTheClear: true })).toBeUndefined();
      const fault = aggregationFault(spec, { reports: 100, updatesInTheClear: false });
      if (spec.rule === "mean") expect(fault).toBeUndefined();
      else expect(fault).toMatchObject({ key: "rule", remedy: expect.stringContaining("hides") });
    }
  });
});

it("docs/task-file.md lists every key of the schema with its values, default and meaning", () => {
  expectSection("task-file.md", "keys", renderTaskKeys(taskJsonSchema()));
});
