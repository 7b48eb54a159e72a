import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  TributaryError,
  builtinModelOf,
  parseTfjsModel,
  readTfjsWeights,
  type ModelDescription,
  type RandomSource,
  type TaskDefinition,
} from "@tributary/protocol";

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
  const modelJson = await readModelJson(path);
  const { groups } = parseTfjsModel(modelJson);
  const weights = new Map<string, Uint8Array>();
  for (const file of groups.flatMap((group) => group.paths)) {
    weights.set(file, await readBytes(join(dirname(path), file)));
  }
  return { modelJson, weights };
}

/**
 * Reads a model.json without its weights.
 * @throws TributaryError `DATA_UNREADABLE` when it cannot be read, `MODEL_UNSUPPORTED` when it is not
 *   JSON.
 */
export async function readModelJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await readBytes(path)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TributaryError("MODEL_UNSUPPORTED", `${path} is not JSON`, {
      remedy: "Give a tfjs model.json, as tf.LayersModel.save writes it.",
      cause: error,
    });
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new TributaryError("DATA_UNREADABLE", `The model file ${file} cannot be read`, {
      remedy: "Give the path of a tfjs model.json with its weight files beside it.",
      cause: error,
    });
  }
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
  return initialModelOf(await readModelFiles(task.model.path));
}

/** @throws TributaryError `DATA_UNREADABLE` or `MODEL_UNSUPPORTED`: see `readTfjsWeights`. */
export function initialModelOf({ modelJson, weights }: ModelFiles): InitialModel {
  const model = parseTfjsModel(modelJson);
  return { description: model.description, values: readTfjsWeights(model, weights) };
}
