import type { ExampleTable } from "@tributary/client-sdk";

/** A table as a file has it, before anything is made of it, and what the file was found to be. */
export interface TextTable extends ExampleTable {
  /** The path of the file. */
  readonly source: string;
  /**
   * The cells of each row as they were written, without spaces around them. But numbers with a
   * decimal comma have a point, and what `TableOptions.missing` names is empty.
   */
  readonly rows: readonly (readonly string[])[];
  /** The line on which each row begins; of Parquet, the number of the row. Both count from 1. */
  readonly lines: readonly number[];
  readonly found: TableFindings;
}

/** What a file was found to be. */
export interface TableFindings {
  /** Text, or Apache Parquet, of which the other findings say nothing. */
  readonly form: "text" | "parquet";
  /** The text between two cells; one space stands for any run of spaces and tabs. */
  readonly delimiter: string;
  /** Whether the first line holds the names of the columns. */
  readonly header: boolean;
  /** The encoding of the text, by its name in the WHATWG Encoding Standard. */
  readonly encoding: string;
  /** The character before the decimals of a number. */
  readonly decimalMark: DecimalMark;
  /** Whether a first column with the numbers or names of the rows, but no name, was left out. */
  readonly index: boolean;
}

/** The character before the decimals of a number. */
export type DecimalMark = "." | ",";

/** How to read a file with a table. What is left out is found out. */
export interface TableOptions {
  /** The text between two cells; one space stands for any run of spaces and tabs. */
  readonly delimiter?: string;
  /** Whether the first line holds the names of the columns. */
  readonly header?: boolean;
  /** The encoding of the text. Left out: UTF-8, or what a byte order mark says. */
  readonly encoding?: string;
  /** The character before the decimals of a number. */
  readonly decimalMark?: DecimalMark;
  /** Texts of the file that stand for a missing value, besides those that usually do. */
  readonly missing?: readonly string[];
}
