import type { Examples } from "@tributary/client-sdk";

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
   * The same examples by natural client, such as the roles of plays, the largest first; undefined
   * where the data has none.
   */
  readonly clients?: readonly ClientExamples[];
}

/** The examples of a natural client. */
export interface ClientExamples {
  readonly train: Examples;
  /** Held-out examples of the same client. */
  readonly test: Examples;
}

/** Examples that nobody has divided into those to train on and those to measure on. */
export interface UndividedDataset extends Pick<Dataset, "name" | "classCount"> {
  /** In the order of the data. */
  readonly examples: Examples;
}
