import { TributaryError, canonicalize } from "@tributary/protocol";
import type { ExampleStore } from "./example-store.ts";
import type { ExampleTable } from "./example-table.ts";
import type { Examples } from "./examples.ts";
import { mapTable, type MappedTable } from "./map-table.ts";

/** Options of `tableExampleStore`. */
export interface TableStoreOptions {
  /** Called when the table has been mapped under a contract, with what became of it. */
  readonly onMapped?: (mapped: MappedTable) => void;
  /**
   * Makes the examples for a plan without a data contract. Without it such plans are refused, as
   * nobody knows what their features and classes are.
   */
  readonly withoutContract?: () => Promise<Examples>;
}

/**
 * Wraps a table in an `ExampleStore`. The data contract of a plan says how its rows become
 * examples: see `mapTable`. They are mapped once for each contract, the last of which is kept.
 * @param table - Must not change.
 */
export function tableExampleStore(
  table: ExampleTable,
  { onMapped, withoutContract = refuse }: TableStoreOptions = {},
): ExampleStore {
  let kept: { readonly contract: string; readonly examples: Examples } | undefined;
  return {
    count: () => Promise.resolve(table.rows.length),
    table: () => Promise.resolve(table),
    async load(_signal, contract) {
      if (contract === undefined) return withoutContract();
      const text = canonicalize(contract);
      if (kept?.contract !== text) {
        const mapped = await mapTable(table, contract);
        kept = { contract: text, examples: mapped.examples };
        onMapped?.(mapped);
      }
      return kept.examples;
    },
  };
}

/** @throws TributaryError `EXAMPLES_INVALID`. */
function refuse(): Promise<Examples> {
  throw new TributaryError(
    "EXAMPLES_INVALID",
    "The task has no data contract, and the examples are a table",
    {
      remedy:
        "Have the operator write the section `examples` into the task file, or give examples as numbers.",
    },
  );
}
