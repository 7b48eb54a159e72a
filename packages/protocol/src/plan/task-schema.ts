// The task file: what an operator launches and what a simulation runs. docs/task-file.md is the reference; a test
// holds it to this schema, descriptions and defaults included.
import { z } from "zod";
import { DEFAULT_LIMITS } from "../limits.ts";
import { builtinModelNames, type BuiltinModelName } from "../model/builtin-models.ts";
import { updatesAreInTheClear } from "../update/codec-registry.ts";
import { aggregationFault, aggregationSchema, reportsNeeded } from "./aggregation-rule.ts";
import { taskDownloadSchema } from "./download-schema.ts";
import { nameSchema } from "./plan-schema.ts";
import { flag, oneOf, parseStrict, strictRecord, wholeNumber } from "./strict-schema.ts";
import {
  batchSizeSchema,
  clipNormSchema,
  decaySchema,
  epsilonSchema,
  gradientClipNormSchema,
  learningRateSchema,
  localEpochsSchema,
  lossNames,
  measureNames,
  metricsSchema,
  optimizerRemedy,
  proximalSchema,
  trainableSchema,
  type LossName,
  type MeasureName,
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
  proximal: proximalSchema
    .nullable()
    .default(null)
    .describe(
      "How strongly local training is held to the round's checkpoint: μ of FedProx's proximal term; `null` for not at all.",
    ),
  gradientClipNorm: gradientClipNormSchema
    .nullable()
    .default(null)
    .describe(
      "Longest gradient of a step, as an L2 norm in weight units; longer ones are scaled down. `null` for any length.",
    ),
  clipNorm: clipNormSchema
    .default(null)
    .describe(
      "Longest update that a client sends, as an L2 norm in weight units; longer ones are scaled down.",
    ),
  update: taskUpdateSchema.prefault({ codec: "uniform" }).describe("How updates are encoded."),
  download: taskDownloadSchema
    .prefault({ encoding: "float32" })
    .describe("How checkpoints travel to clients."),
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

/**
 * A condition of a device that clients do not check yet. A task that relied on it would train on devices that it meant
 * to leave alone, so it is refused.
 */
const uncheckedCondition = (): z.ZodBoolean =>
  flag().refine((required) => !required, {
    error: "Leave it out or set it to false: clients do not check this condition yet.",
  });

const eligibilitySection = strictRecord({
  charging: uncheckedCondition()
    .default(false)
    .describe("Only devices on external power. Not available yet: `true` is refused."),
  unmetered: uncheckedCondition()
    .default(false)
    .describe("Only connections without a data allowance. Not available yet: `true` is refused."),
  idle: uncheckedCondition()
    .default(false)
    .describe("Only devices that are not in use. Not available yet: `true` is refused."),
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

/** Whose measurements a task is judged by. */
export const judgeNames = ["training", "clients", "operator"] as const;

/** One of `judgeNames`. */
export type JudgeName = (typeof judgeNames)[number];

const evaluationSection = strictRecord({
  judgedBy: oneOf(judgeNames)
    .default("training")
    .describe(
      "Whose measurements decide which checkpoint is best and when to stop: those of `training` rounds, of `clients` that evaluate a checkpoint on held-out examples, or of the `operator`, who posts them.",
    ),
  metric: oneOf(measureNames)
    .exactOptional()
    .describe(
      "What the best checkpoint is best in: the highest accuracy, or the lowest of anything else. Left out: the first of the plan's metrics, or the loss.",
    ),
  everyRounds: wholeNumber(1, 1_000_000)
    .nullable()
    .default(null)
    .describe(
      "Clients evaluate every so many rounds' checkpoint, and the last one, on held-out examples; `null` for never.",
    ),
  goalCount: wholeNumber(1, DEFAULT_LIMITS.maxCohort)
    .exactOptional()
    .describe("Reports that an evaluation closes with. Left out: as many as a round."),
});

const stopSection = strictRecord({
  rounds: wholeNumber(1, 1_000_000).default(100).describe("Rounds to commit before the task ends."),
  targetMetric: strictRecord({
    name: oneOf(measureNames).describe("The loss, or one of the plan's metrics."),
    atLeast: z
      .number({ error: "Use a number." })
      .exactOptional()
      .describe("Ends the task at this value or above. Either this or `atMost`."),
    atMost: z
      .number({ error: "Use a number." })
      .exactOptional()
      .describe("Ends the task at this value or below."),
  })
    .refine(({ atLeast, atMost }) => (atLeast === undefined) !== (atMost === undefined), {
      error: "Give either atLeast or atMost.",
    })
    .meta({ oneOf: [{ required: ["atLeast"] }, { required: ["atMost"] }] })
    .exactOptional()
    .describe("Ends the task earlier, once a measurement reaches this."),
  plateau: strictRecord({
    measurements: wholeNumber(1, 1_000_000).describe(
      "So many measurements in a row without a better one.",
    ),
    minimumChange: z
      .number({ error: "Use a number of at least 0." })
      .min(0, { error: "Use a number of at least 0." })
      .default(0)
      .describe("How much better than the best before counts as better."),
  })
    .exactOptional()
    .describe("Ends the task earlier, once `evaluation.metric` gets no better."),
});

const INSTANT_REMEDY = "Use a time like 2026-12-01T22:00:00Z.";
const instant = (): z.ZodNullable<z.ZodISODateTime> =>
  z.iso.datetime({ offset: true, error: INSTANT_REMEDY }).nullable();

/** The moment that a task file's time names, milliseconds since the Unix epoch. */
export function instantMs(time: string): number {
  return Date.parse(time);
}

const TIME_REMEDY = "Use a time of day like 22:30, UTC.";
const timeOfDay = (): z.ZodString =>
  z.string({ error: TIME_REMEDY }).regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, { error: TIME_REMEDY });

const scheduleSection = strictRecord({
  startAt: instant().default(null).describe("No round before this time."),
  endAt: instant().default(null).describe("No round from this time on: the task ends."),
  dailyWindow: strictRecord({
    from: timeOfDay().describe("When the window opens, UTC."),
    to: timeOfDay().describe("When it closes, UTC; before `from` for a window past midnight."),
  })
    .refine(({ from, to }) => from !== to, { error: "Let the window open and close at two times." })
    .nullable()
    .default(null)
    .describe("Rounds begin within this window of each day only; one in flight goes on."),
  minimumIntervalMs: wholeNumber(0, 31_536_000_000)
    .default(0)
    .describe("Least time from the end of a cohort's round to the next, milliseconds."),
});

const amount = (): z.ZodDefault<z.ZodNullable<z.ZodNumber>> =>
  wholeNumber(1, Number.MAX_SAFE_INTEGER).nullable().default(null);

const budgetSection = strictRecord({
  bytes: amount().describe("Ends the task once its rounds have moved so many bytes, up and down."),
  reports: amount().describe("Ends the task once its rounds have taken so many reports."),
  roundTimeMs: amount().describe("Ends the task once its rounds have lasted so long in all."),
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
  evaluation: evaluationSection.prefault({}).describe("How the model is judged."),
  stop: stopSection.prefault({}).describe("When the task ends."),
  schedule: scheduleSection.prefault({}).describe("When rounds may begin."),
  priority: wholeNumber(0, 100)
    .default(0)
    .describe("Of two tasks of one population, the higher one gathers its cohort first."),
  budget: budgetSection.prefault({}).describe("What the task may cost."),
}).superRefine((task, context) => {
  const issue = (path: string[], message: string): void =>
    context.addIssue({ code: "custom", path, message });
  const isReported = (name: MeasureName | undefined): boolean =>
    name === undefined || name === "loss" || task.plan.metrics.includes(name);
  if (!isReported(task.stop.targetMetric?.name)) {
    issue(["stop", "targetMetric", "name"], "Name it in the plan's metrics too.");
  }
  const { judgedBy, metric, everyRounds, goalCount } = task.evaluation;
  if (!isReported(metric)) {
    issue(["evaluation", "metric"], "Name it in the plan's metrics too.");
  }
  if (judgedBy === "clients" && everyRounds === null) {
    issue(["evaluation", "everyRounds"], "Say how often clients evaluate, since they judge.");
  }
  const { goalCount: goal, minimumFraction } = task.round;
  const least = Math.max(Math.ceil(goal * minimumFraction - 1e-9), reportsNeeded(task.aggregation));
  if (goalCount !== undefined && goalCount < least) {
    issue(["evaluation", "goalCount"], `Use at least ${least}, the smallest cohort of a round.`);
  }
  const { startAt, endAt } = task.schedule;
  if (startAt !== null && endAt !== null && instantMs(endAt) <= instantMs(startAt)) {
    issue(["schedule", "endAt"], "Let it end after startAt.");
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
