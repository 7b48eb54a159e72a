import type { Examples } from "./examples.ts";

/** Where an app keeps the examples that may be trained on. Asked anew in every round, so that new ones count. */
export interface ExampleStore {
  /** Number of examples, which decides whether the client is eligible; cheap. */
  count(): Promise<number>;
  /** All examples. They are read while training runs and must not change meanwhile. */
  load(signal?: AbortSignal): Promise<Examples>;
}

/** An `ExampleStore` over examples that are in memory. */
export function memoryExampleStore(examples: Examples): ExampleStore {
  return {
    count: () => Promise.resolve(examples.count),
    load: () => Promise.resolve(examples),
  };
}
