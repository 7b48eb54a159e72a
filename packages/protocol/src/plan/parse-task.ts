import * as z from "zod";
import { parseStrict } from "../schema/strict-schema.ts";
import type { TaskDefinition } from "./task-definition.ts";
import { taskSchema } from "./task-schema.ts";

/**
 * Reads the content of a task file.
 * @param value - As parsed from YAML or JSON.
 * @throws TributaryError `TASK_INVALID` that names the first fault with its path, which is in
 *   `context.path` too, and says what is allowed there. An unknown key comes before any other
 *   fault, with the nearest known key.
 */
export function parseTask(value: unknown): TaskDefinition {
  return parseStrict(taskSchema, value, { code: "TASK_INVALID", what: "The task" });
}

/** The JSON Schema (2020-12) of a task file, for editors and other programs. */
export function taskJsonSchema(): object {
  return { title: "Tributary task", ...z.toJSONSchema(taskSchema, { io: "input" }) };
}
