import { isReader, type ExampleSource } from "../examples/example-reader.ts";
import { invalidExamples } from "../examples/example-faults.ts";
import type { Examples } from "../examples/examples.ts";
import type { Awaitable, EngineModel } from "./engine-model.ts";
import { batchGatherer, batchMemory, type ExampleBatch } from "./example-batch.ts";
import type { ExampleFormat } from "./example-format.ts";

/** One pass over examples in some order, batch by batch. */
export interface ExamplePass {
  /** The next batch, a view of memory that the one after it overwrites. */
  next(): Awaitable<ExampleBatch>;
  /** To be called when no more batches are wanted. */
  end(): void;
}

/** What passes are made over. */
interface PassedExamples {
  readonly examples: ExampleSource;
  readonly format: ExampleFormat;
  readonly model: EngineModel;
  /** The most examples in a batch. */
  readonly most: number;
  /**
   * Checks a batch of a reader, whose examples have the given indices. Examples in memory have been
   * checked before.
   */
  readonly check: (batch: Examples, indices: Uint32Array) => void;
}

/**
 * Makes the function that begins a pass. Batches are gathered in the engine's own memory if it has
 * some. Those of examples in memory are there at once: awaiting them would cost a turn of the
 * microtask queue in every step.
 */
export function passesOver({
  examples,
  format,
  model,
  most,
  check,
}: PassedExamples): (order: Uint32Array) => ExamplePass {
  const memory = model.batchMemory?.() ?? batchMemory(format, most);
  if (!isReader(examples)) {
    const gather = batchGatherer(examples, format, memory);
    return (order) => {
      let from = 0;
      return {
        next: () => gather(order, from, (from = Math.min(order.length, from + most))),
        end: () => {},
      };
    };
  }
  const inOrder = Uint32Array.from({ length: most }, (_, index) => index);
  let isChecked = false;
  return (order) => {
    const stream = examples.batches(order, most);
    let from = 0;
    return {
      async next() {
        const { value: batch } = (await stream.next()) as IteratorResult<Examples, undefined>;
        const indices = order.subarray(from, from + most);
        if (batch?.count !== indices.length) throw miscounted(batch?.count, indices.length);
        if (!isChecked) check(batch, indices);
        from += indices.length;
        if (from === order.length) isChecked = true;
        return batchGatherer(batch, format, memory)(inOrder, 0, batch.count);
      },
      end: () => void stream.return?.(),
    };
  };
}

const miscounted = (count: number | undefined, wanted: number): Error =>
  invalidExamples(
    `The reader of examples has given ${count ?? "no"} examples where ${wanted} were asked for`,
    "Give the examples of the whole order, in batches of the size that is asked for.",
  );
