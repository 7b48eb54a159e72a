// The schemas of what both a plan and a task file say about training.
import * as z from "zod";
import { list, oneOf, positiveNumber, text, wholeNumber } from "../schema/strict-schema.ts";
import { variantSchema } from "../schema/variant-schema.ts";
import { lossNames, type LossName } from "./losses.ts";
import { metricNames, type MetricName } from "./metrics.ts";
import {
  OPTIMIZERS,
  type CompleteOptimizer,
  type OptimizerSpec,
} from "./optimizers/optimizer-table.ts";

/** The optimizer section of a plan, which may leave out what is optional. */
export const planOptimizerSchema: z.ZodType<OptimizerSpec> = variantSchema(
  "name",
  OPTIMIZERS,
  "plan",
);

/** The optimizer section of a task file; once parsed it has every parameter. */
export const taskOptimizerSchema: z.ZodType<
  CompleteOptimizer,
  { readonly name: OptimizerSpec["name"] }
> = variantSchema("name", OPTIMIZERS, "task");

export const localEpochsSchema: z.ZodNumber = wholeNumber(1, 10_000);
export const batchSizeSchema: z.ZodNumber = wholeNumber(1, 1_048_576);
export const lossSchema: z.ZodType<LossName, LossName> = oneOf(lossNames);
/** μ of FedProx's proximal term. */
export const proximalSchema: z.ZodNumber = positiveNumber(1e6);
/** L2 bound of a step's gradient, weight units. */
export const gradientClipNormSchema: z.ZodNumber = positiveNumber(1e9);
/** L2 bound of an update, weight units. */
export const clipNormSchema: z.ZodNullable<z.ZodNumber> = z.nullable(positiveNumber(1e9));

/** A list that has each metric at most once. */
export const metricsSchema: z.ZodType<MetricName[], MetricName[]> = list(oneOf(metricNames), {
  min: 0,
  max: metricNames.length,
}).refine((names) => new Set(names).size === names.length, { error: "Name each metric once." });

const TRAINABLE_REMEDY = "Use all, or a list of layer names.";

/** `all`, or the names of layers. */
export const trainableSchema: z.ZodType<"all" | string[], "all" | string[]> = z.union(
  [z.literal("all"), list(text(512), { min: 1, max: 4_096 }, TRAINABLE_REMEDY)],
  { error: TRAINABLE_REMEDY },
);
