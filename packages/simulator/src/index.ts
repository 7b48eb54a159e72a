// Data sets, and ways to divide them among clients, for demonstrations and experiments.
export { readCsv, type CsvOptions, type CsvTable } from "./datasets/csv.ts";
export type { Dataset } from "./datasets/dataset.ts";
export {
  fetchDataset,
  type FetchDatasetOptions,
  type FetchedDataset,
  type FetchProgress,
} from "./datasets/fetch-dataset.ts";
export { loadFolder } from "./datasets/load-folder.ts";
export { loadMnist } from "./datasets/mnist.ts";
export {
  datasetNames,
  type FetchableDataset,
  type RemoteDataset,
  type RemoteFile,
} from "./datasets/remote-datasets.ts";
export { readTable } from "./tables/read-table.ts";
export type { DecimalMark, TableFindings, TableOptions, TextTable } from "./tables/text-table.ts";
export { drawWriter, drawWriters, type WritersOptions } from "./datasets/writers.ts";
export { partitionIid } from "./partition/iid.ts";
export { partitionByShards } from "./partition/shards.ts";
