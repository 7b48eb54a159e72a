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
  try {
    return await taskOf(value, dirname(path));
  } catch (error) {
    throw isTributaryError(error) && error.code === "TASK_INVALID" ? naming(path, error) : error;
  }
}

/**
 * Makes a task of the content of a task file. What it leaves out has the value that its model file
 * says, or else the default of task files.
 * @param value - Unchecked.
 * @param folder - In which the path of a model begins, so that file and model can be moved together.
 * @throws TributaryError as `readTaskFile`; the message names the key.
 */
export async function taskOf(value: unknown, folder: string): Promise<TaskDefinition> {
  const modelPath = modelPathIn(value);
  if (modelPath === undefined) return parseTask(value);
  const path = resolve(folder, modelPath);
  const model = parseTfjsModel(await readModelJson(path));
  return { ...parseTask(withModelDefaults(value, model)), model: { path } };
}

/** The path of the model file that an unchecked task names. */
function modelPathIn(task: unknown): string | undefined {
  const model: unknown =
    typeof task === "object" && task !== null ? Reflect.get(task, "model") : task;
  const path: unknown =
    typeof model === "object" && model !== null ? Reflect.get(model, "path") : 0;
  return typeof path === "string" ? path : undefined;
}

/** The same error, which names the task file too. */
function naming(path: string, cause: TributaryError): TributaryError {
  const { code, remedy, context } = cause;
  return new TributaryError(code, `${path}: ${clauseOf(cause)}`, {
    context: { ...context, file: path },
    cause,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
