import { TributaryError, isStatisticsTask } from "@tributary/protocol";
import type { TaskView } from "@tributary/server";
import type { AdminClient } from "./admin-client.ts";

interface TaskRow {
  readonly id: string;
  readonly createdAtMs: number;
}

/**
 * Finds the newest task that learns a model: statistics tasks are passed over.
 * @throws TributaryError `TASK_UNKNOWN` when the server has none.
 */
export async function newestTask(admin: AdminClient): Promise<TaskRow> {
  const { tasks } = await admin.json<{ tasks: TaskRow[] }>("/v1/tasks");
  for (const task of tasks.toReversed()) {
    const { definition } = await admin.json<TaskView>(`/v1/tasks/${task.id}`);
    if (definition === null || !isStatisticsTask(definition)) return task;
  }
  throw noTask();
}

/** The error for a server that has no task. */
export function noTask(): TributaryError {
  return new TributaryError("TASK_UNKNOWN", "There is no task yet", {
    remedy: "Create one with `tributary task create FILE`.",
  });
}
