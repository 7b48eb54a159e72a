import { TributaryError } from "../errors.ts";
import type { DataContract, Feature } from "./contract/data-contract.ts";
import { isStatisticsTask, type TaskDefinition } from "./task-definition.ts";

/**
 * Finds a feature that leaves it to the statistics of all clients what stands for a missing value.
 * No client can train before that is known.
 * @returns Its place among the features; −1 if there is none.
 */
export function wantedFilling(contract: DataContract): number {
  if (contract.type === "text") return -1;
  return contract.features.findIndex(
    (feature) => feature.type !== "image" && isWanted(feature.whenMissing),
  );
}

/**
 * Holds a new task that trains to a contract that says what it fills in.
 * @throws TributaryError `TASK_INVALID` when the contract leaves it to statistics.
 */
export function checkFillings(task: Pick<TaskDefinition, "examples" | "model">): void {
  const { examples } = task;
  if (examples === null || examples.type === "text" || isStatisticsTask(task)) return;
  const index = wantedFilling(examples);
  if (index === -1) return;
  throw new TributaryError(
    "TASK_INVALID",
    `The task does not say what stands for a missing ${examples.features[index]!.name}`,
    { remedy: WANTED_REMEDY, context: { path: `examples.features[${index}].whenMissing` } },
  );
}

/** What to do about such a feature. */
export const WANTED_REMEDY =
  "Have `tributary task statistics` find the value, and write the contract that it prints into the task file.";

const isWanted = (whenMissing: Exclude<Feature, { type: "image" }>["whenMissing"]): boolean =>
  whenMissing === "mean" || whenMissing === "median" || whenMissing === "mostFrequent";
