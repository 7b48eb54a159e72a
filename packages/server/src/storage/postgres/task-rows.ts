import { TASK_VERSION, asTributaryError, readStoredTask } from "@tributary/protocol";
import type { StoredTask, TaskRecord } from "../round-store.ts";
import type { tasks } from "./schema.ts";

/** The row of a new task, with the version of the form that its definition has. */
export function taskRow(task: TaskRecord): typeof tasks.$inferInsert {
  return { ...task, definitionVersion: TASK_VERSION };
}

/** The task of a row. If its definition cannot be read, the task has the reason instead. */
export function storedTask({
  definition,
  definitionVersion,
  ...head
}: typeof tasks.$inferSelect): StoredTask {
  try {
    return { ...head, definition: readStoredTask(definition, definitionVersion) };
  } catch (error) {
    return { ...head, fault: asTributaryError(error, "TASK_UNREADABLE") };
  }
}
