import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  TributaryError,
  builtinModelOf,
  clauseOf,
  isTributaryError,
  parseTask,
  parseTfjsModel,
  readTfjsWeights,
  type ModelDescription,
  type RandomSource,
  type TaskDefinition,
} from "@tributary/protocol";
import { parseYaml } from "./yaml.ts";

/**
 * Reads a task file. It is YAML or JSON, which is also YAML.
 * @throws TributaryError `TASK_INVALID` when it cannot be read or is not a task; the message names
 *   the file and the key.
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
  const definition = parseTaskText(text, path);
  if (!("path" in definition.model)) return definition;
  // The path of a model is relative to the task file, so that both can be moved together.
  return { ...definition, model: { path: resolve(dirname(path), definition.model.path) } };
}

function parseTaskText(text: string, path: string): TaskDefinition {
  const value = parseYaml(text, path, "TASK_INVALID");
  try {
    return parseTask(value);
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

/** The model that a task begins with. */
export interface InitialModel {
  readonly description: ModelDescription;
  /** All parameters, in the order of the description. */
  readonly values: Float32Array;
}

/** The files of a tfjs LayersModel: `model.json` and the weight files that it names. */
export interface ModelFiles {
  readonly modelJson: unknown;
  readonly weights: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a model file and the weight files that it names.
 * @param path - Of a tfjs `model.json`.
 * @throws TributaryError `DATA_UNREADABLE` when a file cannot be read, `MODEL_UNSUPPORTED` when it
 *   is not such a model.
 */
export async function readModelFiles(path: string): Promise<ModelFiles> {
  const read = async (file: string): Promise<Uint8Array> => {
    try {
      return await readFile(file);
    } catch (error) {
      throw new TributaryError("DATA_UNREADABLE", `The model file ${file} cannot be read`, {
        remedy: "Give the path of a tfjs model.json with its weight files beside it.",
        cause: error,
      });
    }
  };
  let modelJson: unknown;
  try {
    modelJson = JSON.parse(new TextDecoder().decode(await read(path)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TributaryError("MODEL_UNSUPPORTED", `${path} is not JSON`, {
      remedy: "Give a tfjs model.json, as tf.LayersModel.save writes it.",
      cause: error,
    });
  }
  const { groups } = parseTfjsModel(modelJson);
  const weights = new Map<string, Uint8Array>();
  for (const file of groups.flatMap((group) => group.paths)) {
    weights.set(file, await read(join(dirname(path), file)));
  }
  return { modelJson, weights };
}

/**
 * Loads the model that a task begins with, or makes it if it is a built-in model.
 * @param random - Draws the initial weights of a built-in model.
 * @throws TributaryError `DATA_UNREADABLE` or `MODEL_UNSUPPORTED`: see `readModelFiles`.
 */
export async function loadInitialModel(
  task: TaskDefinition,
  random: RandomSource,
): Promise<InitialModel> {
  if ("builtin" in task.model) return builtinModelOf(task.model, task, random);
  const { modelJson, weights } = await readModelFiles(task.model.path);
  const model = parseTfjsModel(modelJson);
  return { description: model.description, values: readTfjsWeights(model, weights) };
}
