/**
 * The subpath `@tributary/simulator/files`: reads the files that describe tasks, and the models that
 * they name.
 */
export {
  initialModelOf,
  loadInitialModel,
  readModelFiles,
  type InitialModel,
  type ModelFiles,
} from "./model-files.ts";
export { readTaskFile } from "./task-file.ts";
export { parseYaml, readYamlFile, yamlText } from "./yaml.ts";
