import { parseStrict } from "../schema/strict-schema.ts";
import type { UpdateSpec } from "../update/codec-table.ts";
import { taskUpdateSchema } from "./update-schema.ts";

/**
 * Reads an update section that is not part of a task, and fills in defaults.
 * @throws TributaryError `BAD_PARAMETER` that says what is allowed.
 */
export function parseUpdate(value: unknown): UpdateSpec {
  return parseStrict(taskUpdateSchema, value, { code: "BAD_PARAMETER", what: "The update" });
}
