// What a client asks of the app's example stores.
import {
  PROTOCOL_CONSTANTS,
  TributaryError,
  asTributaryError,
  isTributaryError,
  type DataContract,
} from "@tributary/protocol";
import { agreedExamples, agreedReader } from "../examples/agreed-examples.ts";
import { requireExamples, requireTable } from "../examples/example-form.ts";
import type { ExampleReader, ExampleSource } from "../examples/example-reader.ts";
import type { ExampleStore } from "../examples/example-store.ts";
import type { ExampleTable } from "../examples/example-table.ts";
import type { Examples } from "../examples/examples.ts";
import { abortable } from "../runtime/abort.ts";
import type { LocalTrainer } from "../training/local-trainer.ts";

/** The app's example stores. */
export interface AppExamples {
  /** The examples that the client trains on. */
  readonly examples: ExampleStore;
  /** Held-out examples: those that the client evaluates on and does not train on. */
  readonly heldOut: ExampleStore | undefined;
}

/** How many examples a client offers at check-in. */
export interface OfferedExamples {
  readonly exampleCount: number;
  readonly heldOutCount: number;
}

/**
 * Works on all examples of the app's store: on a reader of them, if the store has one and the trainer
 * takes it, and otherwise on examples in memory.
 * @param contract - What the plan says of them.
 * @throws TributaryError as `loadExamples`, and what the work throws.
 */
export async function withExamples<T>(
  store: ExampleStore,
  trainer: LocalTrainer,
  contract: DataContract | undefined,
  signal: AbortSignal,
  work: (examples: ExampleSource) => Promise<T>,
): Promise<T> {
  const open = trainer.takesReaders === true ? store.open?.bind(store) : undefined;
  if (open === undefined) return work(await loadExamples(store, contract, signal));
  const opening = (): Promise<ExampleReader> =>
    open(signal, contract).then((reader) => {
      // Nobody waits for it any more.
      if (signal.aborted) reader.close();
      return reader;
    });
  const reader = await askStore(opening, signal);
  try {
    checkExampleCount(reader.count);
    return await work(agreedReader(reader, contract));
  } finally {
    reader.close();
  }
}

/**
 * Loads all examples of the app's store.
 * @param contract - What the plan says of them.
 * @throws TributaryError `EXAMPLES_INVALID` when the store fails, the number of examples is out of
 *   range, or they do not fit the contract; `ABORTED`.
 */
export async function loadExamples(
  store: ExampleStore,
  contract: DataContract | undefined,
  signal: AbortSignal,
): Promise<Examples> {
  const examples = await askStore(() => store.load(signal, contract), signal);
  requireExamples(examples);
  checkExampleCount(examples.count);
  return agreedExamples(examples, contract);
}

/**
 * Loads the table that the app's examples are made of.
 * @throws TributaryError `EXAMPLES_INVALID` when the store has none or fails, or the number of rows
 *   is out of range; `ABORTED`.
 */
export async function loadTable(store: ExampleStore, signal: AbortSignal): Promise<ExampleTable> {
  if (store.table === undefined) {
    throw new TributaryError(
      "EXAMPLES_INVALID",
      "The task counts the columns of tables, and the examples are no table",
      { remedy: "Give the client a table, or leave statistics to clients that have one." },
    );
  }
  const load = store.table.bind(store);
  const table = await askStore(() => load(signal), signal);
  requireTable(table);
  checkExampleCount(table.rows.length);
  return table;
}

/**
 * Asks the app's stores how many examples they have.
 * @returns The counts, in which held-out examples may be 0; or the error with which a store failed.
 *   It may be able to answer later.
 * @throws TributaryError `EXAMPLES_INVALID` when a count is out of range; `ABORTED`.
 */
export async function countExamples(
  { examples, heldOut }: AppExamples,
  signal: AbortSignal,
): Promise<OfferedExamples | TributaryError> {
  let counts: OfferedExamples;
  try {
    counts = {
      exampleCount: await askStore(() => examples.count(), signal),
      heldOutCount: heldOut === undefined ? 0 : await askStore(() => heldOut.count(), signal),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return asTributaryError(error);
  }
  checkExampleCount(counts.exampleCount);
  if (counts.heldOutCount !== 0) checkExampleCount(counts.heldOutCount);
  return counts;
}

/** @throws TributaryError `EXAMPLES_INVALID` when no client may have so many examples. */
export function checkExampleCount(count: number): void {
  const { maxExampleCount } = PROTOCOL_CONSTANTS;
  if (Number.isSafeInteger(count) && count >= 1 && count <= maxExampleCount) return;
  throw new TributaryError("EXAMPLES_INVALID", `The number of examples is ${count}`, {
    remedy: `Take part with 1 to ${maxExampleCount} examples.`,
    context: { count },
  });
}

/**
 * Calls the app's example store. Whatever it throws becomes a `TributaryError` that names the store
 * as the cause, unless it is one already.
 */
export function askStore<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const answer = async (): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (isTributaryError(error)) throw error;
      throw asTributaryError(error, "EXAMPLES_INVALID", "The app's example store failed");
    }
  };
  return abortable(answer(), signal);
}
