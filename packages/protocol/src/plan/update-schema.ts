import type { z } from "zod";
import { variantSchema } from "../schema/variant-schema.ts";
import { UPDATE_CODECS, type UpdateSpec } from "../update/codec-table.ts";
import type { TaskUpdate } from "./task-input.ts";

/** The update section of a plan, which says every parameter. */
export const planUpdateSchema: z.ZodType<UpdateSpec> = variantSchema(
  "codec",
  UPDATE_CODECS,
  "plan",
);

/** The update section of a task file, where parameters have defaults. */
export const taskUpdateSchema: z.ZodType<UpdateSpec, TaskUpdate> = variantSchema(
  "codec",
  UPDATE_CODECS,
  "task",
);

/** Codecs of downloads: those whose payloads can be decoded without those of others. */
const DOWNLOAD_CODECS = UPDATE_CODECS.filter(({ isReadableAlone }) => isReadableAlone);

/** How a plan says that the difference between two checkpoints is written. */
export const planDifferenceSchema: z.ZodType<UpdateSpec> = variantSchema(
  "codec",
  DOWNLOAD_CODECS,
  "plan",
);

/** How a task file says that the difference between two checkpoints is written. */
export const taskDifferenceSchema: z.ZodType<UpdateSpec, TaskUpdate> = variantSchema(
  "codec",
  DOWNLOAD_CODECS,
  "task",
);
