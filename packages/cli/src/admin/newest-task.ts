import { TributaryError } from "@tributary/protocol";
import type { AdminClient } from "./admin-client.ts";

interface TaskRow {
  readonly id: string;
  readonly createdAtMs: number;
}

/** @throws TributaryError `TASK_UNKNOWN` when the server has no task. */
export async function newestTask(admin: AdminClient): Promise<TaskRow> {
  const { tasks } = await admin.json<{ tasks: TaskRow[] }>("/v1/tasks");
  const newest = tasks.at(-1);
  if (newest === undefined) throw noTask();
  return newest;
}

/** The error for a server that has no task. */
export function noTask(): TributaryError {
  return new TributaryError("TASK_UNKNOWN", "There is no task yet", {
    remedy: "Create one with `tributary task create FILE`.",
  });
}
