import type { z } from "zod";
import { variantSchema } from "../schema/variant-schema.ts";
import { AGGREGATION_RULES, type AggregationSpec } from "./aggregation/rule-table.ts";

/**
 * The aggregation section, in a plan and in a task file. `aggregationFault` says what a schema
 * cannot.
 */
export const aggregationSchema: z.ZodType<AggregationSpec, AggregationSpec> = variantSchema(
  "rule",
  AGGREGATION_RULES,
  "task",
);
