import { canonicalize } from "@tributary/protocol";

/** A hyperparameter as TensorBoard takes it. */
type Hyperparameter = string | number | boolean;

/** Sections of an experiment that say what is run, and not how. */
const NO_PARAMETERS: readonly string[] = [
  ...["name", "seeds", "sweep", "variants", "runner", "examples"],
];

/** What an experiment says of a run, by the path of the key: `plan.optimizer.learningRate`. */
export function hyperparametersOf(experiment: object): Readonly<Record<string, Hyperparameter>> {
  const sections = Object.entries(experiment).filter(([key]) => !NO_PARAMETERS.includes(key));
  return Object.fromEntries(sections.flatMap(([key, section]) => leavesOf(key, section)));
}

function leavesOf(path: string, value: unknown): [path: string, value: Hyperparameter][] {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return [[path, value]];
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [[path, canonicalize(value)]];
  }
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(`${path}.${key}`, inner));
}
