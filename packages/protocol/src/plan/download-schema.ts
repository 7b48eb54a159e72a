// How checkpoints travel to clients: the same section in a task and in the plan.
import { z } from "zod";
import type { DownloadSpec } from "../model/download.ts";
import { strictRecord } from "./strict-schema.ts";
import { planUpdateSchema, taskUpdateSchema, type TaskUpdate } from "./update-schema.ts";

const error = "Use one of float32, float16, difference.";

/** The section of a plan. */
export const planDownloadSchema: z.ZodType<DownloadSpec> = z.discriminatedUnion(
  "encoding",
  [
    strictRecord({ encoding: z.literal("float32") }),
    strictRecord({ encoding: z.literal("float16") }),
    strictRecord({ encoding: z.literal("difference"), update: planUpdateSchema }),
  ],
  { error },
);

/** What a task file may say. */
export type TaskDownload =
  | { readonly encoding: "float32" | "float16" }
  | { readonly encoding: "difference"; readonly update?: TaskUpdate | undefined };

/** The section of a task file. */
export const taskDownloadSchema: z.ZodType<DownloadSpec, TaskDownload> = z.discriminatedUnion(
  "encoding",
  [
    strictRecord({
      encoding: z.literal("float32").describe("Whole, four bytes a parameter."),
    }),
    strictRecord({
      encoding: z
        .literal("float16")
        .describe("Whole, two bytes a parameter: every checkpoint is one of half precision."),
    }),
    strictRecord({
      encoding: z
        .literal("difference")
        .describe("To clients that hold the checkpoint before, what has changed; to others whole."),
      update: taskUpdateSchema
        .prefault({ codec: "eden", bits: 8 })
        .describe("How the difference is encoded."),
    }),
  ],
  { error },
);
