import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseTfjsModel, readTfjsWeights, type ModelDescription } from "@tributary/protocol";

/** A model of the published data, as it was imported. */
export interface PublishedModel {
  readonly description: ModelDescription;
  readonly values: Float32Array;
}

/** What the program that made a model predicts for some inputs. */
export interface Expected {
  readonly x: readonly number[];
  readonly shape: readonly number[];
  readonly y: readonly number[];
}

/** The model.json files of a folder and of its folders, by their paths within it. */
export function modelFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".json") && isModel(join(folder, path)))
    .sort();
}

function isModel(path: string): boolean {
  const json: unknown = JSON.parse(readFileSync(path, "utf8"));
  return typeof json === "object" && json !== null && "weightsManifest" in json;
}

/** Imports a model. @throws TributaryError as `parseTfjsModel` and `readTfjsWeights`. */
export function readModel(file: string): PublishedModel {
  const model = parseTfjsModel(JSON.parse(readFileSync(file, "utf8")));
  const files = new Map(
    model.groups.flatMap(({ paths }) =>
      paths.map((path): [string, Uint8Array] => [path, readFileSync(join(dirname(file), path))]),
    ),
  );
  return { description: model.description, values: readTfjsWeights(model, files) };
}

/** What lies beside a model as `expected.json`, if it has inputs and outputs. */
export function readExpected(file: string): Expected | undefined {
  const path = join(dirname(file), "expected.json");
  if (!existsSync(path)) return undefined;
  const json = JSON.parse(readFileSync(path, "utf8")) as Partial<Expected>;
  return json.x === undefined || json.y === undefined ? undefined : (json as Expected);
}
