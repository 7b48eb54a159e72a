import { resolve } from "node:path";
import { TributaryError, seededRandom, type CryptoProvider } from "@tributary/protocol";
import type { Dataset } from "../datasets/dataset.ts";
import { loadInitialModel } from "../files/model-files.ts";
import { featureSkewOf } from "../partition/feature-skew.ts";
import { clientCount, rowsOf } from "../partition/partition.ts";
import { Population } from "../population/population.ts";
import { requireHeldOut } from "../runner/held-out-share.ts";
import { readTable } from "../tables/read-table.ts";
import type { RunTerms } from "../runner/simulated-task.ts";
import type { SimulationData } from "../runner/simulation-data.ts";
import type { ExperimentRun } from "./experiment.ts";
import { requireCohort, requireEligible } from "./fitting-task.ts";
import { dividedData } from "./run-data.ts";

/** A run whose data is there and divided. */
export interface OpenRun {
  readonly terms: RunTerms;
  readonly data: SimulationData;
}

/**
 * Divides the data of a run and makes its initial model.
 * @param dataset - The experiment's data.
 * @throws TributaryError `BAD_PARAMETER` when the data cannot be divided so; `CONFIG_INVALID` when
 *   there are too few clients; what reading the model throws.
 */
export async function openRun(
  run: ExperimentRun,
  dataset: Dataset,
  crypto: CryptoProvider,
): Promise<OpenRun> {
  const { experiment, seed } = run;
  const { task, partition: options, algorithm, attack, scoring, runner } = experiment;
  if (dataset.test.count === 0) {
    throw new TributaryError("DATA_UNREADABLE", `${dataset.name} has no held-out examples`, {
      remedy: "Give data with examples to test on.",
    });
  }
  const random = seededRandom(crypto, seed);
  const partition = dividedData(run, dataset, crypto);
  const clients = clientCount(partition);
  requireCohort(task, clients);
  requireEligible(task, partition);
  requireHeldOut(task, partition);
  const noise = featureSkewOf(options);
  const { trace } = experiment.population;
  const devices = new Population(
    experiment.population,
    Uint32Array.from({ length: clients }, (_, client) => rowsOf(partition, client).length),
    random.derive("population"),
    trace === undefined ? undefined : await readTable(resolve(experiment.folder, trace)),
  );
  const { name, train, test, classCount } = dataset;
  return {
    terms: {
      ...{ task, seed, clients },
      model: await loadInitialModel(task, random.derive("model")),
      scoreEveryRounds: scoring.everyRounds,
      trainer: { engine: runner.engine, repeatable: true },
      algorithm,
      devices,
      ...(attack && { attack }),
    },
    data: { name, train, test, classCount, partition, ...(noise === undefined ? {} : { noise }) },
  };
}
