import type { TableContract } from "@tributary/protocol";
import type { Examples } from "@tributary/client-sdk";
import type { TableChoices } from "../datasets/table-flags.ts";

/** What a demo trains on, and what it scores the model on. */
export interface DemoData {
  readonly name: string;
  /** The examples of each client. */
  readonly clients: readonly Examples[];
  /** Held-out examples that no client trains on. */
  readonly test: Examples;
  readonly classCount: number;
  /** What the columns of the tables became, if the data is of tables. */
  readonly contract?: TableContract;
  /** What was found out about the data, for a person. */
  readonly notes?: readonly string[];
}

/** What to load, and how to deal it out. */
export interface DemoDataRequest {
  /**
   * `writers`, which is drawn here, one writer for each client; the name of a published data set,
   * such as `mnist` or `shakespeare` with a role for each client, which is looked for where `tributary
   * data fetch` puts it; or the path of a folder, of a file with a table or of a text.
   */
  readonly source: string;
  /** The number of clients; left out with `by`, which decides it, else 20. */
  readonly clients?: number;
  /**
   * The column of a table whose values are the clients, or `file`: each table of a folder is one.
   * Left out: examples are dealt out at random, in equal parts.
   */
  readonly by?: string;
  readonly tables: TableChoices;
  /** The contract of the demo's task about tables. Without it one is drafted from the whole data. */
  readonly contract?: TableContract;
}
