// The schema of a task file, which an operator launches and a simulation runs. docs/task-file.md is
// the reference. A test holds it to this schema, descriptions and defaults included.
import * as z from "zod";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import { flag, oneOf, strictRecord, wholeNumber } from "../schema/strict-schema.ts";
import { updatesAreInTheClear } from "../update/codec-table.ts";
import { aggregationFault } from "./aggregation/aggregation-fault.ts";
import { reportsNeeded } from "./aggregation/rule-table.ts";
import { aggregationSchema } from "./aggregation-schema.ts";
import { taskConditions } from "./conditions-schema.ts";
import { contractFault } from "./contract-fault.ts";
import { contractSchema } from "./contract/contract-schema.ts";
import { taskDownloadSchema } from "./download-schema.ts";
import { sizeFault, withSizes } from "./model-sizes.ts";
import { modelSchema } from "./model-schema.ts";
import { USUAL_LOSS, labelsOf } from "./losses.ts";
import { measureNames, unsuitableMetric, usualMetrics, type MeasureName } from "./metrics.ts";
import { nameSchema } from "./plan-schema.ts";
import {
  batchNormalizationChoices,
  instantMs,
  judgeNames,
  weightingNames,
  type TaskDefinition,
} from "./task-definition.ts";
import {
  batchSizeSchema,
  clipNormSchema,
  gradientClipNormSchema,
  localEpochsSchema,
  lossSchema,
  metricsSchema,
  proximalSchema,
  taskOptimizerSchema,
  trainableSchema,
} from "./training-schema.ts";
import { scheduleSection } from "./schedule-schema.ts";
import { serverOptimizerSchema } from "./server-optimizer-schema.ts";
import { statisticsFault } from "./statistics-fault.ts";
import { differenceFault, updateFault } from "./update-fault.ts";
import { taskUpdateSchema } from "./update-schema.ts";

/** What each client does. */
const planSection = strictRecord({
  localEpochs: localEpochsSchema
    .default(1)
    .describe("Passes of a client over its examples in one round."),
  batchSize: batchSizeSchema.default(10).describe("Examples in one step of local training."),
  optimizer: taskOptimizerSchema
    .prefault({ name: "sgd" })
    .describe(
      "The optimizer of local training. Every round begins with a new one. Left out: the one that the model file was compiled with, or else this one.",
    ),
  loss: lossSchema
    .default(USUAL_LOSS)
    .describe(
      "The loss that local training minimizes. Left out: the one that the model file was compiled with, or else this one.",
    ),
  metrics: metricsSchema
    .exactOptional()
    .describe(
      "Reported besides the loss. Left out: `[accuracy]` with a crossentropy loss, `[]` with another.",
    ),
  trainable: trainableSchema
    .default("all")
    .describe(
      "`all`, or a list of layer names: the other layers stay frozen and are not sent. Left out: the layers that the model file does not freeze.",
    ),
  proximal: proximalSchema
    .nullable()
    .default(null)
    .describe(
      "How strongly local training is pulled towards the round's checkpoint: μ of FedProx's proximal term. `null` for no pull.",
    ),
  gradientClipNorm: gradientClipNormSchema
    .nullable()
    .default(null)
    .describe(
      "Longest gradient of a step, as an L2 norm in weight units; longer ones are scaled down. `null` for no limit.",
    ),
  batchNormalization: oneOf(batchNormalizationChoices)
    .default("pooled")
    .describe(
      "What becomes of batch normalisation: its means and variances are `pooled` over the clients' examples; or each client keeps its layers for itself, `local`; or its means and variances are `averaged` as if they were weights, the one way that clients before 0.2.0 know.",
    ),
  clipNorm: clipNormSchema
    .default(null)
    .describe(
      "Longest update that a client sends, as an L2 norm in weight units; longer ones are scaled down. `null` for no limit.",
    ),
  update: taskUpdateSchema.prefault({ codec: "uniform" }).describe("How updates are encoded."),
  download: taskDownloadSchema
    .prefault({ encoding: "float32" })
    .describe("How checkpoints travel to clients."),
})
  .superRefine(({ metrics = [], loss }, context) => {
    const unsuitable = unsuitableMetric(metrics, loss);
    if (unsuitable === undefined) return;
    const message = `Leave ${unsuitable} out, which is not for the labels of this loss.`;
    context.addIssue({ code: "custom", path: ["metrics"], message });
  })
  .transform(({ metrics, ...plan }) => ({
    ...plan,
    // It is last even where the file has it, so that reading a parsed task changes nothing.
    metrics: metrics ?? usualMetrics(plan.loss),
  }));

const timeout = (byDefault: number): z.ZodDefault<z.ZodNumber> =>
  wholeNumber(1, 86_400_000).default(byDefault);

/** How a round is run. */
const roundSection = strictRecord({
  goalCount: wholeNumber(1, PROTOCOL_CONSTANTS.maxCohort)
    .default(10)
    .describe("Reports with which a round closes."),
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

/** Which clients may take part. */
const eligibilitySection = strictRecord({
  ...taskConditions,
  minimumExamples: wholeNumber(1, PROTOCOL_CONSTANTS.maxExampleCount)
    .default(1)
    .describe("Only clients with at least this many examples."),
});

/** How often a device may take part. */
const participationSection = strictRecord({
  minimumSeparation: wholeNumber(1, 1_000_000)
    .default(1)
    .describe(
      "Rounds from one of a device's rounds to its next; 1 lets it be in every round. Above 1, only clients whose device is known may take part.",
    ),
  windowMs: wholeNumber(1, 31_536_000_000)
    .nullable()
    .default(null)
    .describe(
      "Length of a window in milliseconds; the first one begins with the task. A device takes part once at most in each window. Only clients whose device is known may take part.",
    ),
});

/** How the model is judged. */
const evaluationSection = strictRecord({
  judgedBy: oneOf(judgeNames)
    .default("training")
    .describe(
      "Whose measurements decide which checkpoint is best and when to stop: those of `training` rounds, of `clients` that evaluate a checkpoint on held-out examples, or of the `operator`, who posts them.",
    ),
  metric: oneOf(measureNames)
    .exactOptional()
    .describe(
      "What the best checkpoint is best in: its highest or its lowest value, as the list of metrics says. Left out: the first of the plan's metrics, or the loss.",
    ),
  everyRounds: wholeNumber(1, 1_000_000)
    .nullable()
    .default(null)
    .describe(
      "After so many rounds, again and again, clients evaluate the newest checkpoint on held-out examples. They evaluate the last checkpoint too. `null` for never.",
    ),
  goalCount: wholeNumber(1, PROTOCOL_CONSTANTS.maxCohort)
    .exactOptional()
    .describe("Reports with which an evaluation closes. Left out: as many as a round."),
});

/** When the task ends. */
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
      "How many measurements in a row must be no better than the best one before them.",
    ),
    minimumChange: z
      .number({ error: "Use a number of at least 0." })
      .min(0, { error: "Use a number of at least 0." })
      .default(0)
      .describe("By how much a measurement must be better than the best one before it."),
  })
    .exactOptional()
    .describe("Ends the task earlier, once `evaluation.metric` gets no better."),
});

/** A part of the budget: a whole number, or null for no limit. */
const amount = (): z.ZodDefault<z.ZodNullable<z.ZodNumber>> =>
  wholeNumber(1, Number.MAX_SAFE_INTEGER).nullable().default(null);

/** What the task may cost. */
const budgetSection = strictRecord({
  bytes: amount().describe(
    "Ends the task once its rounds have moved this many bytes, up and down.",
  ),
  reports: amount().describe("Ends the task once its rounds have taken this many reports."),
  roundTimeMs: amount().describe(
    "Ends the task once its rounds have lasted this many milliseconds in all.",
  ),
});

/** The whole file, section by section. */
const sections = strictRecord({
  population: nameSchema.describe("Name of the population of clients that train."),
  name: nameSchema.describe("Name of the task, for people."),
  model: modelSchema.describe("The model to train."),
  examples: contractSchema
    .nullable()
    .prefault(null)
    .describe(
      "The data contract: what the examples of all clients are, and how tables or text become examples. `null` if each client decides so for itself.",
    ),
  plan: planSection.prefault({}).describe("What each client does."),
  round: roundSection.prefault({}).describe("How a round is run."),
  aggregation: aggregationSchema
    .prefault({ rule: "mean" })
    .describe("How the updates of a round become one."),
  weighting: oneOf(weightingNames)
    .default("examples")
    .describe(
      "How much a report counts, in the mean of updates and of metrics: once for each of its `examples`, or once, which is `uniform`.",
    ),
  maximumExamples: wholeNumber(1, PROTOCOL_CONSTANTS.maxExampleCount)
    .default(1_000)
    .describe(
      "The most examples for which one report counts. A report of more is not refused: it counts for so many.",
    ),
  eligibility: eligibilitySection.prefault({}).describe("Which clients may take part."),
  participation: participationSection.prefault({}).describe("How often a device may take part."),
  serverOptimizer: serverOptimizerSchema
    .prefault({ name: "fedavg" })
    .describe("How the server makes the next checkpoint of the update of a round."),
  evaluation: evaluationSection.prefault({}).describe("How the model is judged."),
  stop: stopSection.prefault({}).describe("When the task ends."),
  schedule: scheduleSection.prefault({}).describe("When rounds may begin."),
  publicModel: flag()
    .default(false)
    .describe(
      "Whether anyone may download the newest model of an open population without taking part in a round. Members of a population with enrolment always may.",
    ),
  priority: wholeNumber(0, 100)
    .default(0)
    .describe("Of two tasks of one population, the higher one gathers its cohort first."),
  budget: budgetSection.prefault({}).describe("What the task may cost."),
});

/** The keys of a task file. */
export const taskKeys: readonly string[] = Object.keys(sections.shape);

/** The sections with what one takes from the others, without the rules for what may go together. */
const form = sections.transform((task, context) => {
  const model = withSizes(task.model, task);
  if (model !== undefined) return { ...task, model };
  context.addIssue({
    code: "custom",
    path: ["model"],
    message:
      "Give the builtin model mlp its inputs and outputs, or write the section examples, from which they follow.",
  });
  return z.NEVER;
});

/** The form, with the rules that concern several sections or that only new tasks keep to. */
const schema = form.superRefine((task, context) => {
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
  // An operator has none of the layers that clients keep, and would judge another model than theirs.
  if (judgedBy === "operator" && task.plan.batchNormalization === "local") {
    issue(
      ["evaluation", "judgedBy"],
      "Use clients: what the operator can measure lacks the layers that each client keeps (plan.batchNormalization).",
    );
  }
  // FedAvg makes a variance of variances. Every other optimizer could make them negative.
  if (task.serverOptimizer.name !== "fedavg" && task.plan.batchNormalization === "averaged") {
    issue(
      ["plan", "batchNormalization"],
      `Use pooled or local: ${task.serverOptimizer.name} would take averaged variances for weights.`,
    );
  }
  // An evaluation of fewer clients than a round would reveal more about each of them.
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
  const misfit = task.examples === null ? undefined : contractFault(task.examples, task.plan.loss);
  if (misfit !== undefined) {
    const path = ["examples", ...misfit.path];
    context.addIssue({ code: "custom", path, message: misfit.remedy });
  }
  const missized = sizeFault(task.model, task);
  if (missized !== undefined) issue(["model", missized.key], missized.remedy);
  if ("builtin" in task.model && task.model.builtin === "char-transformer") {
    const labels = labelsOf(task.plan.loss);
    if (labels !== "classes" && labels !== "classIndices") {
      issue(["plan", "loss"], "Use sparseCategoricalCrossentropy: the model tells tokens apart.");
    }
    if (task.examples !== null && task.examples.type !== "text") {
      issue(["examples"], "Use the type text: the examples of this model are windows of tokens.");
    }
  } else if ("builtin" in task.model && task.examples?.type === "text") {
    issue(["model", "builtin"], "Use char-transformer, the builtin model for text.");
  }
  const uncounted = statisticsFault(task);
  if (uncounted !== undefined) issue([...uncounted.path], uncounted.remedy);
  const updateRemedy = updateFault(task.plan.update, {
    aggregation: task.aggregation,
    clipNorm: task.plan.clipNorm,
  });
  if (updateRemedy !== undefined) {
    context.addIssue({ code: "custom", path: ["plan", "update", "codec"], message: updateRemedy });
  }
  const { download } = task.plan;
  const downloadRemedy =
    download.encoding === "difference" ? differenceFault(download.update) : undefined;
  if (downloadRemedy !== undefined) {
    issue(["plan", "download", "update", "codec"], downloadRemedy);
  }
  if (task.round.goalCount * task.round.overselection > PROTOCOL_CONSTANTS.maxCohort) {
    context.addIssue({
      code: "custom",
      path: ["round", "overselection"],
      message: `Select at most ${PROTOCOL_CONSTANTS.maxCohort} clients: goalCount times overselection.`,
    });
  }
});

/** A task file. Everything but `population`, `name` and `model` has a default. */
export const taskSchema: z.ZodType<TaskDefinition> = schema;

/**
 * The form of a task. A stored task is held to nothing more: it may be older than a rule for new
 * tasks.
 */
export const taskFormSchema: z.ZodType<TaskDefinition> = form;

/** What the schema parses to. A type test holds `TaskDefinition` to it. */
export type ParsedTask = z.output<typeof schema>;
