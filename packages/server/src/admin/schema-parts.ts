// What the schemas of the admin API have in common.
import * as z from "zod";

/** The id of a plan or checkpoint. */
export const artifactId = (): z.ZodString =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: "Use 64 lowercase hexadecimal digits." })
    .describe("The SHA-256 of the bytes, hexadecimal.");

/** The id of anything else. @param remedy - What to write instead of another text. */
export const opaqueId = (remedy: string): z.ZodString =>
  z.string().regex(/^[a-z]+_[0-9a-f]{16,32}$/, { error: remedy });

/** A number of things. */
export const count = (): z.ZodNumber => z.int().min(0);
/** A moment. */
export const timestamp = (): z.ZodNumber =>
  z.int().min(0).describe("Milliseconds since the Unix epoch.");

/** The largest number of rows in one answer. A round is about half a kilobyte of JSON. */
const MAX_ROWS = 1_000;
const LIMIT_REMEDY = `Use a whole number from 1 to ${MAX_ROWS}.`;

/** How many rows of a list to return. @param meaning - Says of which. */
export const newestLimit = (meaning: string) =>
  z.coerce
    .number({ error: LIMIT_REMEDY })
    .int({ error: LIMIT_REMEDY })
    .min(1, { error: LIMIT_REMEDY })
    .max(MAX_ROWS, { error: LIMIT_REMEDY })
    .default(100)
    .describe(meaning);
