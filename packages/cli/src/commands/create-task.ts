import { randomUUID } from "node:crypto";
import type { TaskDefinition } from "@tributary/protocol";
import type { TaskView } from "@tributary/server";
import type { AdminClient } from "../admin/admin-client.ts";
import { readModelFiles } from "@tributary/simulator/files";

/** Creates a task. If the task has a model file, the model is uploaded too. */
export async function createTask(
  admin: AdminClient,
  definition: TaskDefinition,
  { start = false, key = randomUUID() }: { readonly start?: boolean; readonly key?: string },
): Promise<TaskView> {
  if ("builtin" in definition.model) {
    return admin.postOnce("/v1/tasks", { definition, start }, key);
  }
  const { modelJson, weights } = await readModelFiles(definition.model.path);
  const form = new FormData();
  form.set("task", JSON.stringify({ definition, start }));
  form.set("model", JSON.stringify(modelJson));
  for (const [name, bytes] of weights) {
    form.append("weights", new Blob([new Uint8Array(bytes)]), name);
  }
  return admin.postOnce("/v1/tasks", form, key);
}
