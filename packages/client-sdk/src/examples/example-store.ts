import type { DataContract } from "@tributary/protocol";
import type { ExampleReader } from "./example-reader.ts";
import type { ExampleTable } from "./example-table.ts";
import type { Examples } from "./examples.ts";

/**
 * Gives the client access to the app's examples. The client asks it in every round, so that
 * examples which the app adds meanwhile are used from the next round on.
 */
export interface ExampleStore {
  /**
   * The number of examples that `load` would return, or more of them where a data contract lets
   * some be dropped. The client tells it to the server, which may demand a minimum. It is asked at
   * every check-in and should be cheap.
   */
  count(): Promise<number>;
  /**
   * Loads all examples. The client reads them while it trains, so they must not change meanwhile.
   * @param signal - Aborted when the examples are no longer needed.
   * @param contract - What the examples must be, as the round's signed plan says; undefined if it
   *   leaves this to the app.
   */
  load(signal?: AbortSignal, contract?: DataContract): Promise<Examples>;
  /**
   * Opens a reader of all examples, in place of `load`, so that they need not fit into memory. A store
   * without it is loaded. The client closes the reader when it no longer needs it.
   * @param signal, contract - As in `load`.
   */
  open?(signal?: AbortSignal, contract?: DataContract): Promise<ExampleReader>;
  /**
   * Loads the table that the examples are made of. Clients need it for statistics tasks only, in
   * which a store without it takes no part.
   */
  table?(signal?: AbortSignal): Promise<ExampleTable>;
}

/** Wraps examples that are already in memory in an `ExampleStore`. They are not copied. */
export function memoryExampleStore(examples: Examples): ExampleStore {
  return {
    count: () => Promise.resolve(examples.count),
    load: () => Promise.resolve(examples),
  };
}
