import { seededRandom, type CryptoProvider } from "@tributary/protocol";
import type { Dataset } from "../datasets/dataset.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import { divide } from "../partition/divide.ts";
import type { Partition } from "../partition/partition.ts";
import type { Experiment, ExperimentRun } from "./experiment.ts";

/** What the data of an experiment follows from. */
export type DataTerms = Pick<Experiment, "data" | "folder"> & {
  readonly task: Pick<Experiment["task"], "examples">;
};

/**
 * Makes the function that opens the data of experiments. Of tables their task says what the columns
 * become, if it says so. One data set is in memory at a time: the last one, which is not opened anew.
 */
export function dataOpener(): (terms: DataTerms) => Promise<Dataset> {
  let opened: { readonly key: string; readonly dataset: Promise<Dataset> } | undefined;
  return ({ data, folder, task: { examples } }) => {
    const key = JSON.stringify([data, folder, examples]);
    if (opened?.key !== key) {
      const dataset = openDataset(data, { folder, contract: examples ?? undefined });
      opened = { key, dataset };
    }
    return opened.dataset;
  };
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
