import { dirname } from "node:path";
import { TributaryError } from "@tributary/protocol";
import { readYamlFile } from "../files/yaml.ts";
import type { ExperimentPlan } from "./experiment.ts";
import { planExperiment } from "./plan-experiment.ts";
import { withSettings, type Settings } from "./settings.ts";

/**
 * Reads an experiment file. It is YAML or JSON, which is also YAML.
 * @param settings - Values that replace those of the file.
 * @param folder - In which paths of the file begin; its own folder if left out.
 * @throws TributaryError `CONFIG_INVALID` when it cannot be read or is not YAML; what
 *   `planExperiment` throws.
 */
export async function readExperiment(
  path: string,
  settings: Settings = {},
  folder: string = dirname(path),
): Promise<ExperimentPlan> {
  const value = await readYamlFile(path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TributaryError("CONFIG_INVALID", `${path} is no experiment`, {
      remedy: "Give a YAML file with keys, such as model, data and partition.",
    });
  }
  return planExperiment(withSettings(value, settings), folder);
}
