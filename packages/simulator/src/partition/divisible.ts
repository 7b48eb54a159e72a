import type { ExampleTable, Examples } from "@tributary/client-sdk";
import type { Partition } from "./partition.ts";

/** What a partitioner may look at of a data set. Every `Dataset` has it. */
export interface Divisible {
  /** The examples to divide. */
  readonly train: Examples;
  /** The number of classes; 0 when the labels are values and not classes. */
  readonly classCount: number;
  /** Whose examples they are, where the data set says so. */
  readonly clients?: { readonly train: Partition };
  /** The rows of the table that the examples were made of, one for each example. */
  readonly table?: ExampleTable;
}
