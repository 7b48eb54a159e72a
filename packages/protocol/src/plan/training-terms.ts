// What a plan and a task file may say about training: one vocabulary for both.
import { z } from "zod";
import { fraction, list, oneOf, positiveNumber, text, wholeNumber } from "./strict-schema.ts";

/** Loss functions, by their tfjs names. */
export const lossNames = [
  "categoricalCrossentropy",
  "sparseCategoricalCrossentropy",
  "binaryCrossentropy",
  "meanSquaredError",
  "meanAbsoluteError",
  "huberLoss",
] as const;

/** The name of a loss function that a plan may train with. */
export type LossName = (typeof lossNames)[number];

/** What is reported besides the loss. */
export const metricNames = ["accuracy", "meanSquaredError", "meanAbsoluteError"] as const;

/** The name of a metric that a plan may ask for besides the loss. */
export type MetricName = (typeof metricNames)[number];

/** What a model is measured by: its loss, which every report names, or one of the plan's metrics. */
export const measureNames = ["loss", ...metricNames] as const;

/** The loss, or the name of a metric. */
export type MeasureName = (typeof measureNames)[number];

/** Whether more of it is better: so of accuracy alone. */
export function isBetterHigher(measure: MeasureName): boolean {
  return measure === "accuracy";
}

export const optimizerNames = ["sgd", "adam", "adagrad", "rmsprop"] as const;

/** Why an optimizer's name was refused. */
export const optimizerRemedy: string = `Use one of ${optimizerNames.join(", ")}.`;

export const localEpochsSchema: z.ZodNumber = wholeNumber(1, 10_000);
export const batchSizeSchema: z.ZodNumber = wholeNumber(1, 1_048_576);
export const learningRateSchema: z.ZodNumber = positiveNumber(1e6);
/** A weight of the past: momentum, decay, β. */
export const decaySchema: z.ZodNumber = fraction(0, 1);
/** Keeps a division from blowing up. */
export const epsilonSchema: z.ZodNumber = positiveNumber(1);
/** μ of FedProx's proximal term. */
export const proximalSchema: z.ZodNumber = positiveNumber(1e6);
/** L2 bound of a step's gradient, weight units. */
export const gradientClipNormSchema: z.ZodNumber = positiveNumber(1e9);
/** L2 bound of an update, weight units. */
export const clipNormSchema: z.ZodNullable<z.ZodNumber> = z.nullable(positiveNumber(1e9));

/** Each metric at most once. */
export const metricsSchema: z.ZodType<MetricName[], MetricName[]> = list(oneOf(metricNames), {
  min: 0,
  max: metricNames.length,
}).refine((names) => new Set(names).size === names.length, { error: "Name each metric once." });

const TRAINABLE_REMEDY = "Use all, or a list of layer names.";

/** `all`, or names of layers. */
export const trainableSchema: z.ZodType<"all" | string[], "all" | string[]> = z.union(
  [z.literal("all"), list(text(512), { min: 1, max: 4_096 }, TRAINABLE_REMEDY)],
  { error: TRAINABLE_REMEDY },
);
