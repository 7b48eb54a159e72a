import { memoryExampleStore, type ExampleStore } from "./example-store.ts";
import type { ExampleTable } from "./example-table.ts";
import type { Examples } from "./examples.ts";
import { tableExampleStore } from "./table-store.ts";

/** Makes a store of whatever an app gives as examples. */
export function storeOf(examples: Examples | ExampleTable | ExampleStore): ExampleStore {
  if ("load" in examples) return examples;
  return "rows" in examples ? tableExampleStore(examples) : memoryExampleStore(examples);
}
