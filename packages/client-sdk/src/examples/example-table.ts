/** The value of a cell: as a file has it, or a number that an app already holds. */
export type Cell = string | number | null;

/**
 * Examples as a table of named columns. It says nothing of which columns are features, how they are
 * scaled or how classes are numbered: the data contract of a task does. Tables never leave the
 * device.
 */
export interface ExampleTable {
  /** The names of the columns, in any order; without a header their numbers, counted from 0. */
  readonly columns: readonly string[];
  /**
   * One list of cells for each example, in the order of the columns. Texts stand as they were
   * written, those that mean a missing value too; null is always missing.
   */
  readonly rows: readonly (readonly Cell[])[];
  /** Where the table is from, such as the path of a file. Messages name it. */
  readonly source?: string;
  /** The line of each row in the source, counted from 1. Messages name it. */
  readonly lines?: readonly number[];
}
