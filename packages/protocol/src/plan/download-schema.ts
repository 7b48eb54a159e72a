// The schemas of how checkpoints travel to clients.
import * as z from "zod";
import type { DownloadSpec } from "../model/download.ts";
import { strictRecord } from "../schema/strict-schema.ts";
import type { TaskDownload } from "./task-input.ts";
import { planDifferenceSchema, taskDifferenceSchema } from "./update-schema.ts";

const error = "Use one of float32, float16, difference.";

/** The download section of a plan. */
export const planDownloadSchema: z.ZodType<DownloadSpec> = z.discriminatedUnion(
  "encoding",
  [
    strictRecord({ encoding: z.literal("float32") }),
    strictRecord({ encoding: z.literal("float16") }),
    strictRecord({ encoding: z.literal("difference"), update: planDifferenceSchema }),
  ],
  { error },
);

/** The download section of a task file. */
export const taskDownloadSchema: z.ZodType<DownloadSpec, TaskDownload> = z.discriminatedUnion(
  "encoding",
  [
    strictRecord({
      encoding: z.literal("float32").describe("The whole checkpoint, four bytes a parameter."),
    }),
    strictRecord({
      encoding: z
        .literal("float16")
        .describe(
          "The whole checkpoint, two bytes a parameter: every checkpoint is one of half precision.",
        ),
    }),
    strictRecord({
      encoding: z
        .literal("difference")
        .describe(
          "To clients that hold the previous checkpoint, what has changed since; to others the whole.",
        ),
      update: taskDifferenceSchema
        .prefault({ codec: "eden", bits: 8 })
        .describe(
          "How the difference is encoded. A codec that loses most of a difference is refused.",
        ),
    }),
  ],
  { error },
);
