import type { RandomSource } from "@tributary/protocol";
import type { Examples } from "./examples.ts";

/**
 * Examples that are read batch by batch, so that they need not fit into memory. A reader shows the
 * examples that there were when it was opened, under the indices from 0 to `count - 1`.
 */
export interface ExampleReader extends Pick<
  Examples,
  "featureShape" | "labelShape" | "classNames" | "count"
> {
  /**
   * Reads examples in batches, and reads ahead while the caller works on a batch.
   * @param order - Indices of examples, not modified. An index may occur several times.
   * @param size - The number of examples in a batch. The last batch may have fewer.
   * @returns The batches. The arrays of one may be overwritten by the next.
   */
  batches(order: Uint32Array, size: number): AsyncIterableIterator<Examples>;
  /**
   * Draws an order of all examples that can be read fast. Without it any order can, and a training
   * draws one in which every order is equally likely.
   */
  shuffle?(random: RandomSource): Uint32Array;
  /** Frees what the reader holds. Calling it again has no effect. */
  close(): void;
}

/** What can be trained on: examples in memory, or a reader of them. */
export type ExampleSource = Examples | ExampleReader;

/** Whether examples are read batch by batch. */
export function isReader(source: ExampleSource): source is ExampleReader {
  return "batches" in source;
}
