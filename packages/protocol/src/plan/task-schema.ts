// The task file: what an operator launches and what a simulation runs. docs/task-file.md is the reference; a test
// holds it to this schema, descriptions and defaults included.
import { z } from "zod";
import { DEFAULT_LIMITS } from "../limits.ts";
import { builtinModelNames, type BuiltinModelName } from "../model/builtin-models.ts";
import { updatesAreInTheClear } from "../update/codec-registry.ts";
import { aggregationFault, aggregationSchema } from "./aggregation-rule.ts";
import { nameSchema } from "./plan-schema.ts";
import { flag, oneOf, parseStrict, strictRecord, wholeNumber } from "./strict-schema.ts";
import {
  batchSizeSchema,
  clipNormSchema,
  decaySchema,
  epsilonSchema,
  learningRateSchema,
  localEpochsSchema,
  lossNames,
  metricNames,
  metricsSchema,
  optimizerRemedy,
  trainableSchema,
  type LossName,
  type MetricName,
} from "./training-terms.ts";
import { updateFault } from "./update-fault.ts";
import { taskUpdateSchema } from "./update-schema.ts";

/** Where a task's model comes from. */
export type TaskModel =
  | { readonly builtin: BuiltinModelName }
  /** The model.json of a tfjs LayersModel, relative to the task file. */
  | { readonly path: string };

const MODEL_REMEDY = `Give either { builtin: NAME }, one of ${builtinModelNames.join(", ")}, or { path: FILE }.`;

const modelSchema = strictRecord(
  {
    builtin: oneOf(builtinModelNames)
      .exactOptional()
      .describe("Name of a builtin model. Either this or `path`."),
    path: z
      .string({ error: "Use the path of a model.json." })
      .min(1, { error: "Use the path of a model.json." })
      .exactOptional()
      .describe("The model.json of a tfjs LayersModel, relative to the task file."),
  },
  MODEL_REMEDY,
)
  .refine(({ builtin, path }) => (builtin === undefined) !== (path === undefined), {
    error: MODEL_REMEDY,
  })
  .transform(({ builtin, path }): TaskModel =>
    builtin === undefined ? { path: path ?? "" } : { builtin },
  )
  // The JSON Schema cannot see into a refinement.
  .meta({ oneOf: [{ required: ["builtin"] }, { required: ["path"] }] });

const rate = (byDefault: number): z.ZodDefault<z.ZodNumber> =>
  learningRateSchema.default(byDefault).describe("Step size of local training.");

const optimizerSchema = z.discriminatedUnion(
  "name",
  [
    strictRecord({
      name: z.literal("sgd").describe("Stochastic gradient descent."),
      learningRate: rate(0.1),
      momentum: decaySchema.default(0).describe("Share of the last step that the next one keeps."),
      nesterov: flag().default(false).describe("Nesterov's form of momentum."),
    }),
    strictRecord({
      name: z.literal("adam").describe("Adam."),
      learningRate: rate(0.001),
      beta1: decaySchema.default(0.9).describe("Decay of the mean of the gradients."),
      beta2: decaySchema.default(0.999).describe("Decay of the mean of their squares."),
      epsilon: epsilonSchema.default(1e-7).describe("Added to the divisor."),
    }),
    strictRecord({
      name: z.literal("adagrad").describe("Adagrad."),
      learningRate: rate(0.01),
      initialAccumulator: epsilonSchema
        .default(0.1)
        .describe("Where the sums of squared gradients begin."),
    }),
    strictRecord({
      name: z.literal("rmsprop").describe("RMSProp."),
      learningRate: rate(0.001),
      decay: decaySchema.default(0.9).describe("Decay of the mean of squared gradients."),
      momentum: decaySchema.default(0).describe("Share of the last step that the next one keeps."),
      epsilon: epsilonSchema.default(1e-7).describe("Added to the divisor."),
    }),
  ],
  { error: optimizerRemedy },
);

const planSection = strictRecord({
  localEpochs: localEpochsSchema
    .default(1)
    .describe("Passes of a client over its examples in one round."),
  batchSize: batchSizeSchema.default(10).describe("Examples a step of local training."),
  optimizer: optimizerSchema
    .prefault({ name: "sgd" })
    .describe("The optimizer of local training; a new one every round."),
  loss: oneOf(lossNames)
    .default("categoricalCrossentropy")
    .describe("What local training makes small."),
  metrics: metricsSchema
    .exactOptional()
    .describe(
      "Reported besides the loss. Left out: `[accuracy]` with a crossentropy loss, `[]` with another.",
    ),
  trainable: trainableSchema
    .default("all")
    .describe("`all`, or a list of layer names: the other layers stay frozen and are not sent."),
  clipNorm: clipNormSchema
    .default(null)
    .describe(
      "Longest update that a client sends, as an L2 norm in weight units; longer ones are scaled down.",
    ),
  update: taskUpdateSchema.prefault({ codec: "uniform" }).describe("How updates are encoded."),
}).transform((plan) => ({ ...plan, metrics: plan.metrics ?? usualMetrics(plan.loss) }));

function usualMetrics(loss: LossName): MetricName[] {
  return loss.endsWith("Crossentropy") ? ["accuracy"] : [];
}

const timeout = (byDefault: number): z.ZodDefault<z.ZodNumber> =>
  wholeNumber(1, 86_400_000).default(byDefault);

const roundSection = strictRecord({
  goalCount: wholeNumber(1, DEFAULT_LIMITS.maxCohort)
    .default(10)
    .describe("Reports that a round closes with."),
  overselection: z
    .number({ error: "Use a number from 1 to 10." })
    .min(1, { error: "Use a number from 1 to 10." })
    .max(10, { error: "Use a number from 1 to 10." })
    .default(1.3)
    .describe("Clients selected for each report wanted, since some drop out."),
  minimumFraction: z
    .number({ error: "Use a number above 0, at most 1." })
    .positive({ error: "Use a number above 0, at most 1." })
    .max(1, { error: "Use a number above 0, at most 1." })
    .default(0.8)
    .describe(
      "Share of the goal that is enough when time is up; with less the round is abandoned.",
    ),
  selectionTimeoutMs: timeout(60_000).describe("Longest wait for clients, milliseconds."),
  reportingTimeoutMs: timeout(120_000).describe("Longest wait for reports, milliseconds."),
});

const eligibilitySection = strictRecord({
  charging: flag().default(false).describe("Only devices on external power."),
  unmetered: flag().default(false).describe("Only connections without a data allowance."),
  idle: flag().default(false).describe("Only devices that are not in use."),
  minimumExamples: wholeNumber(1, DEFAULT_LIMITS.maxExampleCount)
    .default(1)
    .describe("Only clients with at least this many examples."),
});

const participationSection = strictRecord({
  minimumSeparation: wholeNumber(1, 1_000_000)
    .default(1)
    .describe(
      "Rounds from one of a device's rounds to its next; 1 lets it be in every one. Above 1, only clients whose device is known may take part.",
    ),
  windowMs: wholeNumber(1, 31_536_000_000)
    .nullable()
    .default(null)
    .describe(
      "Within each window of this length, milliseconds from the task's creation, a device takes part once at most. Only clients whose device is known may take part.",
    ),
});

const stopSection = strictRecord({
  rounds: wholeNumber(1, 1_000_000).default(100).describe("Rounds to commit before the task ends."),
  targetMetric: strictRecord({
    name: oneOf(metricNames).describe("One of the plan's metrics."),
    atLeast: z.number({ error: "Use a number." }).describe("The value that ends the task."),
  })
    .exactOptional()
    .describe("Ends the task earlier, once a round's mean of this metric is reached."),
});

/** A task file, with defaults for everything but `population`, `name` and `model`. */
export const taskSchema = strictRecord({
  population: nameSchema.describe("Name of the population of clients that train."),
  name: nameSchema.describe("Name of the task, for people."),
  model: modelSchema.describe("The model to train."),
  plan: planSection.prefault({}).describe("What each client does."),
  round: roundSection.prefault({}).describe("How a round is run."),
  aggregation: aggregationSchema
    .prefault({ rule: "mean" })
    .describe("How the updates of a round become one."),
  eligibility: eligibilitySection.prefault({}).describe("Which clients may take part."),
  participation: participationSection.prefault({}).describe("How often a device may take part."),
  serverOptimizer: strictRecord({
    name: z
      .literal("fedavg", { error: "Use fedavg." })
      .default("fedavg")
      .describe("How the mean update is applied."),
    learningRate: learningRateSchema
      .default(1)
      .describe("Share of the mean update that is applied."),
  })
    .prefault({})
    .describe("How the server makes the next checkpoint."),
  stop: stopSection.prefault({}).describe("When the task ends."),
}).superRefine((task, context) => {
  const target = task.stop.targetMetric?.name;
  if (target !== undefined && !task.plan.metrics.includes(target)) {
    context.addIssue({
      code: "custom",
      path: ["stop", "targetMetric", "name"],
      message: "Name it in the plan's metrics too.",
    });
  }
  const fault = aggregationFault(task.aggregation, {
    reports: task.round.goalCount,
    updatesInTheClear: updatesAreInTheClear(task.plan.update),
  });
  if (fault !== undefined) {
    context.addIssue({ code: "custom", path: ["aggregation", fault.key], message: fault.remedy });
  }
  const updateRemedy = updateFault(task.plan.update, {
    aggregation: task.aggregation,
    clipNorm: task.plan.clipNorm,
  });
  if (updateRemedy !== undefined) {
    context.addIssue({ code: "custom", path: ["plan", "update", "codec"], message: updateRemedy });
  }
  if (task.round.goalCount * task.round.overselection > DEFAULT_LIMITS.maxCohort) {
    context.addIssue({
      code: "custom",
      path: ["round", "overselection"],
      message: `Select at most ${DEFAULT_LIMITS.maxCohort} clients: goalCount times overselection.`,
    });
  }
});

/** A task as parsed: whole, with every default filled in. */
export type TaskDefinition = z.output<typeof taskSchema>;

/**
 * Reads a task file's content.
 * @param value - As parsed from YAML or JSON.
 * @throws TributaryError `TASK_INVALID` that names the first fault with its path (in `context.path` too) and what is
 *   allowed; an unknown key comes before any other fault, with the nearest known one.
 */
export function parseTask(value: unknown): TaskDefinition {
  return parseStrict(taskSchema, value, { code: "TASK_INVALID", what: "The task" });
}

/** JSON Schema (2020-12) of a task file, for editors and other programs. */
export function taskJsonSchema(): object {
  return { title: "Tributary task", ...z.toJSONSchema(taskSchema, { io: "input" }) };
}
