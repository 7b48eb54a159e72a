import * as z from "zod";
import { batchNormalizationNames } from "../model/model-parts.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import { list, oneOf, strictRecord, text, wholeNumber } from "../schema/strict-schema.ts";
import { updatesAreInTheClear } from "../update/codec-table.ts";
import { aggregationFault } from "./aggregation/aggregation-fault.ts";
import { aggregationSchema } from "./aggregation-schema.ts";
import { canonicalize, isPlainObject } from "./canonical-json.ts";
import { planConditionsSchema } from "./conditions-schema.ts";
import { contractFault } from "./contract-fault.ts";
import { WANTED_REMEDY, wantedFilling } from "./wanted-fillings.ts";
import { contractSchema } from "./contract/contract-schema.ts";
import { planDownloadSchema } from "./download-schema.ts";
import { unsuitableMetric } from "./metrics.ts";
import type { Plan } from "./plan.ts";
import { statisticsModel } from "./statistics/statistics-columns.ts";
import {
  batchSizeSchema,
  clipNormSchema,
  gradientClipNormSchema,
  localEpochsSchema,
  lossSchema,
  metricsSchema,
  planOptimizerSchema,
  proximalSchema,
  trainableSchema,
} from "./training-schema.ts";
import { updateFault } from "./update-fault.ts";
import { planUpdateSchema } from "./update-schema.ts";

/** What to write instead of a name that is not valid. */
const NAME_REMEDY =
  "Use 1 to 64 lowercase letters, digits, '.', '_' or '-', beginning with a letter or digit.";

/** The name of a task or of a population. */
export const nameSchema: z.ZodString = z
  .string({ error: NAME_REMEDY })
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, { error: NAME_REMEDY });

/** One parameter of the model: a checkpoint has them in this order. */
const parameterSchema = strictRecord({
  name: text(512),
  shape: list(wholeNumber(1, PROTOCOL_CONSTANTS.maxParameters), { min: 0, max: 8 }),
});

/** The model that a plan is for. */
export const planModelSchema: z.ZodType<Plan["model"]> = strictRecord({
  format: z.literal("tfjs-layers-model", { error: "Use tfjs-layers-model." }),
  topology: z.custom<object>(isPlainObject, { error: "Give a tfjs LayersModel topology." }),
  parameters: list(parameterSchema, { min: 1, max: 16_384 }),
});

/** The form of a plan; `superRefine` checks which parts can go together. */
const schema = strictRecord({
  version: z.literal(1, { error: "Use a client of a version that knows this plan." }),
  task: nameSchema,
  population: nameSchema,
  model: planModelSchema,
  training: strictRecord({
    localEpochs: localEpochsSchema,
    batchSize: batchSizeSchema,
    optimizer: planOptimizerSchema,
    loss: lossSchema,
    metrics: metricsSchema,
    trainable: trainableSchema,
    proximal: proximalSchema.exactOptional(),
    gradientClipNorm: gradientClipNormSchema.exactOptional(),
    batchNormalization: oneOf(batchNormalizationNames).exactOptional(),
  }),
  examples: contractSchema.exactOptional(),
  conditions: planConditionsSchema.exactOptional(),
  statistics: strictRecord({ bins: wholeNumber(2, 1_024) }).exactOptional(),
  update: planUpdateSchema,
  // Plans of the first builds lack these two keys. Their bytes are signed and stay as they are.
  download: planDownloadSchema.default({ encoding: "float32" }),
  clipNorm: clipNormSchema,
  aggregation: aggregationSchema.default({ rule: "mean" }),
  minimumCohort: wholeNumber(1, PROTOCOL_CONSTANTS.maxCohort),
}).superRefine((plan, context) => {
  const fault = aggregationFault(plan.aggregation, {
    reports: plan.minimumCohort,
    updatesInTheClear: updatesAreInTheClear(plan.update),
  });
  if (fault !== undefined) {
    context.addIssue({ code: "custom", path: ["aggregation", fault.key], message: fault.remedy });
  }
  if (plan.examples !== undefined) {
    const misfit = contractFault(plan.examples, plan.training.loss);
    if (misfit !== undefined) {
      const path = ["examples", ...misfit.path];
      context.addIssue({ code: "custom", path, message: misfit.remedy });
    }
    const wanted = plan.statistics === undefined ? wantedFilling(plan.examples) : -1;
    if (wanted !== -1) {
      const path = ["examples", "features", wanted, "whenMissing"];
      context.addIssue({ code: "custom", path, message: WANTED_REMEDY });
    }
  }
  if (plan.statistics !== undefined) {
    const { examples } = plan;
    const isOfTables = examples !== undefined && examples.type !== "text";
    const columns = isOfTables ? statisticsModel(examples, plan.statistics.bins) : undefined;
    const isCounted =
      canonicalize(columns?.parameters ?? []) === canonicalize(plan.model.parameters);
    if (!isCounted) {
      const message = "Let the model's parameters be those that are counted of `examples`.";
      context.addIssue({ code: "custom", path: ["statistics"], message });
    }
  }
  const unsuitable = unsuitableMetric(plan.training.metrics, plan.training.loss);
  if (unsuitable !== undefined) {
    const message = `Leave ${unsuitable} out, which is not for the labels of this loss.`;
    context.addIssue({ code: "custom", path: ["training", "metrics"], message });
  }
  const remedy = updateFault(plan.update, plan);
  if (remedy !== undefined) {
    context.addIssue({ code: "custom", path: ["update", "codec"], message: remedy });
  }
});

/**
 * The schema of a plan. Unknown keys are refused, so that nothing can be added to a plan that an
 * auditor does not know of.
 */
export const planSchema: z.ZodType<Plan> = schema;

/** What the schema parses to. A type test holds `Plan` to it. */
export type ParsedPlan = z.output<typeof schema>;
