import type { Examples } from "@tributary/client-sdk";

/** A data set as experiments use it: examples to train on and others to score with. */
export interface Dataset {
  /** Short name for reports, such as `mnist`. */
  readonly name: string;
  readonly train: Examples;
  readonly test: Examples;
  /** Number of classes; 0 when labels are values to predict and not classes. */
  readonly classCount: number;
}
