/** The files of a folder of results, and those of the folder of each run in it. */
export const RESULTS_FILES = {
  experiment: "experiment.yaml",
  environment: "environment.json",
  summary: "summary.json",
  rounds: "rounds.jsonl",
  table: "rounds.csv",
  snapshot: "snapshot.bin",
  participation: "participation.json",
  partition: "partition.svg",
} as const;

/** The name of a run's folder: `000-seed-1`. */
export const runFolderName = (index: number, seed: number): string =>
  `${String(index).padStart(3, "0")}-seed-${seed}`;
