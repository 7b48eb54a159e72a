import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import {
  TributaryError,
  builtinModel,
  isTributaryError,
  parseTask,
  parseTfjsModel,
  readTfjsWeights,
  type ModelDescription,
  type RandomSource,
  type TaskDefinition,
} from "@tributary/protocol";
import { causeOf } from "./output.ts";

/**
 * Reads a task file (YAML, or JSON, which is YAML).
 * @throws TributaryError `TASK_INVALID` naming the file and the key.
 */
export async function readTaskFile(path: string): Promise<TaskDefinition> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new TributaryError("TASK_INVALID", `The task file ${path} cannot be read`, {
      remedy: "Give the path of a YAML file; docs/task-file.md shows one.",
      cause: error,
    });
  }
  const definition = parseTaskText(text, path);
  if (!("path" in definition.model)) return definition;
  // A model's path is relative to the task file, so that the two can move together.
  return { ...definition, model: { path: resolve(dirname(path), definition.model.path) } };
}

function parseTaskText(text: string, path: string): TaskDefinition {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    // The first line says what is wrong and where; a picture of the place follows.
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new TributaryError(
      "TASK_INVALID",
      `The task file ${path} is not YAML (${reason?.replace(/:$/, "")})`,
      {
        remedy: "Mend that line; docs/task-file.md shows a task file.",
        context: { file: path },
        cause: error,
      },
    );
  }
  try {
    return parseTask(value);
  } catch (error) {
    if (!isTributaryError(error)) throw error;
    const { code, remedy, context } = error;
    throw new TributaryError(code, `${path}: ${causeOf(error)}`, {
      context: { ...context, file: path },
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}

export interface InitialModel {
  readonly description: ModelDescription;
  readonly values: Float32Array;
}

/** The files of a tfjs LayersModel: `model.json` and the weights it names. */
export interface ModelFiles {
  readonly modelJson: unknown;
  readonly weights: ReadonlyMap<string, Uint8Array>;
}

/** @throws TributaryError `DATA_UNREADABLE` or `MODEL_UNSUPPORTED`. */
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

/** The model that a task begins with. */
export async function loadInitialModel(
  task: TaskDefinition,
  random: RandomSource,
): Promise<InitialModel> {
  if ("builtin" in task.model) return builtinModel(task.model.builtin, random);
  const { modelJson, weights } = await readModelFiles(task.model.path);
  const model = parseTfjsModel(modelJson);
  return { description: model.description, values: readTfjsWeights(model, weights) };
}
