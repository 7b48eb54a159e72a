import type { ServerOptimizerSpec, TaskDefinition } from "@tributary/protocol";
import type { TrainerOptions } from "@tributary/client-sdk";
import type { TableChoices } from "../datasets/table-flags.ts";

export interface DemoOptions {
  /** The data set: `writers`, the name of a published data set, or the path of a folder, a table or a text. */
  readonly data: string;
  /** How to read the data set if it is of tables, and what to make of them. */
  readonly tables: TableChoices;
  /** How many clients there are. Without it the data decides. */
  readonly clients?: number;
  /** The column of a table whose values are the clients, or `file`. */
  readonly by?: string;
  /** How many rounds to train. Without it the task decides. */
  readonly rounds?: number;
  /** Whether the demo's own task takes one step of each client a round, and no passes. */
  readonly fedsgd?: boolean;
  /** What the demo's own task says about its server optimizer. */
  readonly serverOptimizer?: {
    readonly name?: ServerOptimizerSpec["name"];
    readonly learningRate?: number;
  };
  /** The task to run. Without it the demo makes one that fits the data. */
  readonly task?: TaskDefinition;
  /**
   * How many threads run the clients, one per core by default. The result does not depend on it.
   */
  readonly threads?: number;
  /** All randomness of the demo comes from this number. */
  readonly seed: number;
  readonly trainer: TrainerOptions;
  /** The engine that scores checkpoints. */
  readonly scoring: TrainerOptions;
  /** After how many rounds the checkpoint is scored. The last one always is. */
  readonly scoreEveryRounds: number;
  /** Where the server keeps its keys, its certificate and its store. */
  readonly dataDir: string;
  /** Port of the gateway; 0 takes any free one. */
  readonly port: number;
  /** Port of the admin API; 0 takes any free one. */
  readonly adminPort: number;
  /** A Postgres database to use in place of the embedded store. */
  readonly databaseUrl?: string;
  readonly logLevel: "warn" | "info" | "debug" | "silent";
  /** Stops the demo. */
  readonly signal: AbortSignal;
}
