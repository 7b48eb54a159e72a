import * as z from "zod";

const share = (): z.ZodNumber => z.number().min(0).max(1);

const percentilesSchema = z.object({
  p10: z.number(),
  p25: z.number(),
  p50: z.number(),
  p75: z.number(),
  p90: z.number(),
});

/** What a round has measured beyond one number for each metric. */
export const metricDetailSchema = z.object({
  confusion: z
    .array(z.array(z.number().min(0)).readonly())
    .readonly()
    .optional()
    .describe("How often each class was taken for each: a row for each true class."),
  classes: z
    .array(z.object({ precision: share(), recall: share(), f1: share(), support: z.number() }))
    .readonly()
    .optional()
    .describe("The figures of each class; of answers of yes or no, those of no and of yes."),
  aucErrorAtMost: share()
    .optional()
    .describe("By how much `auc` may differ from the area that the scores themselves would give."),
  percentiles: z
    .record(z.string(), percentilesSchema)
    .optional()
    .describe("Percentiles over the members of an evaluation of 50 reports or more, by measure."),
});
