// Experiments with many clients on one machine; data sets, and ways to divide them among clients.
export type { Dataset, NaturalClients, UndividedDataset } from "./datasets/dataset.ts";
export {
  fetchDataset,
  type FetchDatasetOptions,
  type FetchedDataset,
  type FetchProgress,
} from "./datasets/fetch-dataset.ts";
export { dataOptions, type DataInput, type DataOptions } from "./datasets/data-options.ts";
export {
  BY_FILE,
  examplesOfTables,
  type TabularOptions,
  type TabularDataset,
} from "./datasets/examples-of-tables.ts";
export { holdOutEnd } from "./datasets/hold-out-end.ts";
export { openDataset, type DatasetMaker, type OpenDatasetDeps } from "./datasets/open-dataset.ts";
export {
  isPublished,
  publishedFolder,
  publishedNames,
  type PublishedName,
} from "./datasets/published.ts";
export { drawSynthetic, type SyntheticOptions } from "./datasets/synthetic.ts";
export {
  loadData,
  readingUnder,
  type ReadingOptions,
  type TableDataset,
} from "./datasets/load-data.ts";
export { readPlayRoles, type PlayRole } from "./datasets/play-roles.ts";
export { loadMnist } from "./datasets/mnist.ts";
export {
  datasetNames,
  type FetchableDataset,
  type RemoteDataset,
  type RemoteFile,
} from "./datasets/remote-datasets.ts";
export { doubtsAbout } from "./contract/doubtful-columns.ts";
export { draftContract, type ColumnName, type DraftOptions } from "./contract/draft-contract.ts";
export type { Filling } from "./contract/filling.ts";
export { readTable } from "./tables/read-table.ts";
export type { DecimalMark, TableFindings, TableOptions, TextTable } from "./tables/text-table.ts";
export { drawWriter, drawWriters, type WritersOptions } from "./datasets/writers.ts";
export { algorithmOptions, type AlgorithmInput } from "./algorithms/algorithm-options.ts";
export type {
  Algorithm,
  BeginningModel,
  ClientResult,
  ClientView,
  LocalTraining,
  RoundResult,
  RoundView,
  Surroundings,
  Vectors,
} from "./algorithms/algorithm.ts";
export type { AlgorithmMaker } from "./algorithms/module.ts";
export { attackOptions, type AttackInput } from "./attacks/attack-options.ts";
export { dealExamples } from "./partition/deal-examples.ts";
export { divide } from "./partition/divide.ts";
export type { Divisible } from "./partition/divisible.ts";
export type { FeatureSkew } from "./partition/feature-skew.ts";
export { iidPartition } from "./partition/iid.ts";
export {
  partitionOptions,
  partitionerNames,
  type PartitionInput,
  type PartitionOptions,
} from "./partition/partition-options.ts";
export { partitionPicture } from "./partition/picture.ts";
export {
  summarizePartition,
  type PartitionSummary,
  type ClientRange,
} from "./partition/summary.ts";
export { clientCount, rowsOf, type Partition } from "./partition/partition.ts";
export type { Experiment, ExperimentPlan, ExperimentRun } from "./experiment/experiment.ts";
export { experimentJsonSchema } from "./experiment/experiment-schema.ts";
export { dividedData } from "./experiment/run-data.ts";
export { planExperiment } from "./experiment/plan-experiment.ts";
export { readExperiment } from "./experiment/read-experiment.ts";
export { describeChoice, type Choice } from "./experiment/choice.ts";
export { parseSetting, type Settings } from "./experiment/settings.ts";
export { compare, type ComparedSeries, type Comparison } from "./report/compare.ts";
export { comparisonTable, reached, shown, shownMeasure } from "./report/comparison-table.ts";
export { drawChart, type ChartSpec } from "./report/draw-chart.ts";
export type { Environment } from "./report/environment.ts";
export { writeComparison, writeReport } from "./report/write-report.ts";
export { readResults, type StoredResults, type StoredRun } from "./report/read-results.ts";
export { ResultsFolder } from "./report/results-folder.ts";
export { TensorBoardLog } from "./report/tensorboard/tensorboard-log.ts";
export {
  spreadOf,
  summaryOf,
  type ExperimentSummary,
  type GroupSummary,
  type RunSummary,
  type Spread,
} from "./report/summary.ts";
export type { RunResult } from "./runner/run-result.ts";
export type { RunSnapshot } from "./runner/run-snapshot.ts";
export type { ClientFigures } from "./runner/figures-by-client.ts";
export type { SimulatedRound } from "./runner/simulated-round.ts";
export {
  simulate,
  type RunFacts,
  type SimulateOptions,
  type SimulationObserver,
} from "./simulate.ts";
export { DirectRun } from "./runner/direct-run.ts";
export { openPool, threadPool } from "./runner/open-pool.ts";
export type { RunDeps, RunTerms, SimulatedTask } from "./runner/simulated-task.ts";
export type { SimulationData } from "./runner/simulation-data.ts";
export type { TrainerPool, UsedEngine } from "./runner/trainer-pool.ts";
export { limitsForClients } from "./wire/limits-for-clients.ts";
export { ServedTask, type ServedDeps, type ServedTerms } from "./wire/served-task.ts";
