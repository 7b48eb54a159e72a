import { seededRandom, type CryptoProvider } from "@tributary/protocol";
import type { Dataset } from "../datasets/dataset.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import { divide } from "../partition/divide.ts";
import type { Partition } from "../partition/partition.ts";
import type { Experiment, ExperimentRun } from "./experiment.ts";

/**
 * Opens the data of an experiment. Of tables its task says what the columns become, if it says so.
 * @throws TributaryError as `openDataset`.
 */
export function openData({ data, task, folder }: Experiment): Promise<Dataset> {
  return openDataset(data, { folder, contract: task.examples ?? undefined });
}

/**
 * Divides the data of an experiment as one of its runs does.
 * @throws TributaryError `BAD_PARAMETER` when the data cannot be divided so.
 */
export function dividedData(
  { experiment, seed }: ExperimentRun,
  dataset: Dataset,
  crypto: CryptoProvider,
): Partition {
  return divide(dataset, experiment.partition, seededRandom(crypto, seed).derive("partition"));
}
