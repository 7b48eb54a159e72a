import { z } from "zod";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { DownloadSpec } from "../model/download.ts";
import type { ParameterShape } from "../model/parameter-layout.ts";
import { updatesAreInTheClear, type UpdateSpec } from "../update/codec-registry.ts";
import { aggregationFault, aggregationSchema, type AggregationSpec } from "./aggregation-rule.ts";
import { isPlainObject } from "./canonical-json.ts";
import { flag, list, oneOf, strictRecord, text, wholeNumber } from "./strict-schema.ts";
import {
  batchSizeSchema,
  clipNormSchema,
  decaySchema,
  epsilonSchema,
  gradientClipNormSchema,
  learningRateSchema,
  localEpochsSchema,
  lossNames,
  metricsSchema,
  optimizerRemedy,
  proximalSchema,
  trainableSchema,
  type LossName,
  type MetricName,
} from "./training-terms.ts";
import { planDownloadSchema } from "./download-schema.ts";
import { updateFault } from "./update-fault.ts";
import { planUpdateSchema } from "./update-schema.ts";

/** The optimizer of local training. What is left out has tfjs's default. */
export type OptimizerSpec =
  | {
      readonly name: "sgd";
      readonly learningRate: number;
      /** In [0, 1); 0 if left out. */
      readonly momentum?: number;
      readonly nesterov?: boolean;
    }
  | {
      readonly name: "adam";
      readonly learningRate: number;
      /** 0.9 if left out. */
      readonly beta1?: number;
      /** 0.999 if left out. */
      readonly beta2?: number;
      /** 1e-7 if left out. */
      readonly epsilon?: number;
    }
  | {
      readonly name: "adagrad";
      readonly learningRate: number;
      /** 0.1 if left out. */
      readonly initialAccumulator?: number;
    }
  | {
      readonly name: "rmsprop";
      readonly learningRate: number;
      /** 0.9 if left out. */
      readonly decay?: number;
      /** 0 if left out. */
      readonly momentum?: number;
      /** 1e-7 if left out. */
      readonly epsilon?: number;
    };

/**
 * What every client of a round does, whole: it is signed by the server, and a client does nothing that it does not
 * say. Named by the SHA-256 of its canonical bytes.
 */
export interface Plan {
  readonly version: 1;
  /** Name of the task. */
  readonly task: string;
  readonly population: string;
  readonly model: {
    readonly format: "tfjs-layers-model";
    /** `{ class_name, config }`, as tfjs writes it. */
    readonly topology: object;
    /** Checkpoint layout: the parameters in order. */
    readonly parameters: readonly ParameterShape[];
  };
  readonly training: {
    /** Passes over the client's examples. */
    readonly localEpochs: number;
    /** Examples a step. */
    readonly batchSize: number;
    readonly optimizer: OptimizerSpec;
    readonly loss: LossName;
    /** Reported besides the loss, as means over the client's examples. */
    readonly metrics: readonly MetricName[];
    /** Names of the layers that are trained and sent, or all. */
    readonly trainable: "all" | readonly string[];
    /** μ of the proximal term μ/2 · ‖w − w₀‖², w₀ being the round's checkpoint (arXiv:1812.06127); none if left out. */
    readonly proximal?: number;
    /** L2 bound of every step's gradient, proximal term included, weight units; none if left out. */
    readonly gradientClipNorm?: number;
  };
  /** How the update is encoded. */
  readonly update: UpdateSpec;
  /** How checkpoints travel to the clients. */
  readonly download: DownloadSpec;
  /** L2 bound of the update, weight units; null for none. */
  readonly clipNorm: number | null;
  /** How the server combines the updates; a round of fewer reports than the rule needs is not committed. */
  readonly aggregation: AggregationSpec;
  /** Fewest reports that a round of this plan is committed with. */
  readonly minimumCohort: number;
}

const NAME_REMEDY =
  "Use 1 to 64 lowercase letters, digits, '.', '_' or '-', beginning with a letter or digit.";

/** A task's or a population's name. */
export const nameSchema: z.ZodString = z
  .string({ error: NAME_REMEDY })
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, { error: NAME_REMEDY });

const parameterSchema = strictRecord({
  name: text(512),
  shape: list(wholeNumber(1, DEFAULT_LIMITS.maxParameters), { min: 0, max: 8 }),
});

const optimizerSchema = z.discriminatedUnion(
  "name",
  [
    strictRecord({
      name: z.literal("sgd"),
      learningRate: learningRateSchema,
      momentum: decaySchema.exactOptional(),
      nesterov: flag().exactOptional(),
    }),
    strictRecord({
      name: z.literal("adam"),
      learningRate: learningRateSchema,
      beta1: decaySchema.exactOptional(),
      beta2: decaySchema.exactOptional(),
      epsilon: epsilonSchema.exactOptional(),
    }),
    strictRecord({
      name: z.literal("adagrad"),
      learningRate: learningRateSchema,
      initialAccumulator: epsilonSchema.exactOptional(),
    }),
    strictRecord({
      name: z.literal("rmsprop"),
      learningRate: learningRateSchema,
      decay: decaySchema.exactOptional(),
      momentum: decaySchema.exactOptional(),
      epsilon: epsilonSchema.exactOptional(),
    }),
  ],
  { error: optimizerRemedy },
);

/** The form of a plan; unknown keys are refused, so that nothing unsaid can be smuggled past an auditor. */
export const planSchema: z.ZodType<Plan> = strictRecord({
  version: z.literal(1, { error: "Use a client of a version that knows this plan." }),
  task: nameSchema,
  population: nameSchema,
  model: strictRecord({
    format: z.literal("tfjs-layers-model", { error: "Use tfjs-layers-model." }),
    topology: z.custom<object>(isPlainObject, { error: "Give a tfjs LayersModel topology." }),
    parameters: list(parameterSchema, { min: 1, max: 16_384 }),
  }),
  training: strictRecord({
    localEpochs: localEpochsSchema,
    batchSize: batchSizeSchema,
    optimizer: optimizerSchema,
    loss: oneOf(lossNames),
    metrics: metricsSchema,
    trainable: trainableSchema,
    proximal: proximalSchema.exactOptional(),
    gradientClipNorm: gradientClipNormSchema.exactOptional(),
  }),
  update: planUpdateSchema,
  download: planDownloadSchema,
  clipNorm: clipNormSchema,
  aggregation: aggregationSchema,
  minimumCohort: wholeNumber(1, DEFAULT_LIMITS.maxCohort),
}).superRefine((plan, context) => {
  const fault = aggregationFault(plan.aggregation, {
    reports: plan.minimumCohort,
    updatesInTheClear: updatesAreInTheClear(plan.update),
  });
  if (fault !== undefined) {
    context.addIssue({ code: "custom", path: ["aggregation", fault.key], message: fault.remedy });
  }
  const remedy = updateFault(plan.update, plan);
  if (remedy !== undefined) {
    context.addIssue({ code: "custom", path: ["update", "codec"], message: remedy });
  }
});
