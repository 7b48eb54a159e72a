import type { TaskDefinition } from "@tributary/protocol";
import type { Dataset } from "../datasets/dataset.ts";
import type { ExperimentSections } from "./experiment-schema.ts";
import type { Choice } from "./choice.ts";

/**
 * One simulation: a task as a server runs it, the data, and how it is divided among clients. Paths
 * in it begin in `folder`.
 */
export interface Experiment extends Omit<ExperimentSections, "seeds" | "variants" | "sweep"> {
  readonly task: TaskDefinition;
  readonly folder: string;
}

/** A simulation of an experiment file: one choice of what the file varies, and one seed. */
export interface ExperimentRun extends Choice {
  readonly experiment: Experiment;
  readonly seed: number;
}

/** An experiment file that has been read: what it says, and all runs that it asks for. */
export interface ExperimentPlan {
  readonly name: string;
  /** What the file says, with the settings of the command line in it. */
  readonly value: object;
  /** All seeds of a choice stand beside each other. */
  readonly runs: readonly ExperimentRun[];
  /**
   * Opens the data of a run. What was opened last is not opened again.
   * @throws TributaryError as `openDataset`.
   */
  readonly openData: (experiment: Experiment) => Promise<Dataset>;
}
