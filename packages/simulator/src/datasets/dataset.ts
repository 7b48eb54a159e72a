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
}
