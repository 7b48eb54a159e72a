import { TributaryError, asTributaryError } from "../errors.ts";
import { parseStrict } from "../schema/strict-schema.ts";
import type { TaskDefinition } from "./task-definition.ts";
import { taskFormSchema } from "./task-schema.ts";
import { TASK_STEPS, type JsonObject } from "./task-steps.ts";

/**
 * The version of the form that this build stores tasks in. Whoever stores a task stores this number
 * with it.
 */
export const TASK_VERSION: number = TASK_STEPS.length + 1;

/**
 * Reads a task that a server has stored, whichever version of the server it was. What later
 * versions added is filled in with what the task did without it. The rules for new tasks are not
 * applied: they may have become stricter since.
 * @param value - The stored JSON.
 * @param version - The version that was stored with it.
 * @throws TributaryError `TASK_UNREADABLE` when a newer version of the server has stored the task,
 *   or when the JSON is not that of a task.
 */
export function readStoredTask(value: unknown, version: number): TaskDefinition {
  if (version > TASK_VERSION) {
    throw new TributaryError(
      "TASK_UNREADABLE",
      `A newer version of the server has stored the task: in version ${version} of the form, and this one knows ${TASK_VERSION}`,
      { remedy: "Run the newer version again. Checkpoints can be exported with this one too." },
    );
  }
  try {
    const upgraded = TASK_STEPS.slice(version - 1).reduce(
      (task, step) => step(task),
      value as JsonObject,
    );
    return parseStrict(taskFormSchema, upgraded, { code: "TASK_UNREADABLE", what: "The task" });
  } catch (error) {
    const { message } = asTributaryError(error);
    throw new TributaryError("TASK_UNREADABLE", `What is stored is no task: ${message}`, {
      remedy: "Restore the store from a backup. Checkpoints can be exported all the same.",
      cause: error,
    });
  }
}
