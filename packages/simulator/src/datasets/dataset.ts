import type { ExampleTable, Examples } from "@tributary/client-sdk";
import type { Partition } from "../partition/partition.ts";

/** A data set as experiments use it. */
export interface Dataset {
  /** A short name for reports, such as `mnist`. */
  readonly name: string;
  /** The examples to train on, which are divided among clients. */
  readonly train: Examples;
  /** The held-out examples, on which models are measured. */
  readonly test: Examples;
  /** The number of classes; 0 when the labels are values and not classes. */
  readonly classCount: number;
  /**
   * Whose examples these are, such as the roles of plays or the hospitals of a table; left out where
   * the data does not say.
   */
  readonly clients?: NaturalClients;
  /** The rows of the table that the training examples were made of, one for each example. */
  readonly table?: ExampleTable;
}

/** The clients that a data set has of itself. */
export interface NaturalClients {
  /** What the data calls each of them. */
  readonly names: readonly string[];
  /** The examples to train on by client. */
  readonly train: Partition;
  /** The held-out examples by client; left out if they are those of others. */
  readonly test?: Partition;
}

/** Examples that nobody has divided into those to train on and those to measure on. */
export interface UndividedDataset extends Pick<Dataset, "name" | "classCount"> {
  /** In the order of the data. */
  readonly examples: Examples;
}
