import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import {
  TributaryError,
  clauseOf,
  isTributaryError,
  parseTask,
  parseTfjsModel,
  withModelDefaults,
  type TaskDefinition,
} from "@tributary/protocol";
import { readModelJson } from "./model-files.ts";
import { parseYaml } from "./yaml.ts";

/**
 * Reads a task file. It is YAML or JSON, which is also YAML. What it leaves out has the value that
 * its model file says, or else the default of task files.
 * @throws TributaryError `TASK_INVALID` when it cannot be read or is not a task; the message names
 *   the file and the key. `DATA_UNREADABLE` or `MODEL_UNSUPPORTED` when the model file that it names
 *   cannot be used.
 */
export async function readTaskFile(path: string): Promise<TaskDefinition> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new TributaryError("TASK_INVALID", `The task file ${path} cannot be read`, {
      remedy: "Give the path of a YAML file; docs/task-file.md shows an example.",
      cause: error,
    });
  }
  const value = parseYaml(text, path, "TASK_INVALID");
  const modelPath = modelPathIn(value);
  if (modelPath === undefined) return naming(path, () => parseTask(value));
  // The path of a model is relative to the task file, so that both can be moved together.
  const resolved = resolve(dirname(path), modelPath);
  const model = parseTfjsModel(await readModelJson(resolved));
  const definition = naming(path, () => parseTask(withModelDefaults(value, model)));
  return { ...definition, model: { path: resolved } };
}

/** The path of the model file that an unchecked task names. */
function modelPathIn(task: unknown): string | undefined {
  const model: unknown =
    typeof task === "object" && task !== null ? Reflect.get(task, "model") : task;
  const path: unknown =
    typeof model === "object" && model !== null ? Reflect.get(model, "path") : 0;
  return typeof path === "string" ? path : undefined;
}

/** Has the errors of a check name the task file. */
function naming(path: string, check: () => TaskDefinition): TaskDefinition {
  try {
    return check();
  } catch (error) {
    if (!isTributaryError(error)) throw error;
    const { code, remedy, context } = error;
    throw new TributaryError(code, `${path}: ${clauseOf(error)}`, {
      context: { ...context, file: path },
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}
