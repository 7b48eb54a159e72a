import { openShelf } from "#platform/shelf";
import { TributaryError, type Clock } from "@tributary/protocol";
import type { ExampleShelf } from "./examples/stored/example-shelf.ts";
import { eraseShelf } from "./examples/stored/sealed-shelf.ts";
import type { StoredExamplesOptions } from "./examples/stored/store-options.ts";
import { StoredExamples } from "./examples/stored/stored-examples.ts";
import type { ShelfRequest } from "./platform/shelf-request.ts";
import { systemClock } from "./runtime/system-clock.ts";

/** The settings of an example store. Only `name` is required. */
export interface ExampleStoreOptions extends StoredExamplesOptions {
  /** The folder in which stores lie; `.tributary/examples` if left out. Node only. */
  readonly directory?: string;
}

/** Parts to use in place of the platform's. */
export interface ExampleStoreDeps {
  /** Where the bytes lie, such as `memoryShelf()`. The store closes it. */
  readonly shelf?: ExampleShelf;
  readonly clock?: Clock;
}

/**
 * Opens a store of examples that the app fills and a client trains on: in IndexedDB in pages and
 * workers, in files in Node. It is made if there is none.
 *
 * ```ts
 * const store = await openExampleStore({ name: "digits", featureShape: [28, 28, 1], classes: 10 });
 * await store.add({ features: pixels, label: 7 });
 * const client = new FederatedClient({ url, population, serverKey, examples: store });
 * ```
 * @throws TributaryError `BAD_PARAMETER` when an option is not valid; `STORAGE_DENIED`, `STORAGE_FULL`
 *   or `STORAGE_LOCKED` when the platform does not let the store be opened; `STORAGE_DAMAGED` or
 *   `STORAGE_NEWER` when it cannot be read; `EXAMPLES_INVALID` when the stored examples have another
 *   form than the options say.
 */
export async function openExampleStore(
  options: ExampleStoreOptions,
  { shelf, clock = systemClock }: ExampleStoreDeps = {},
): Promise<StoredExamples> {
  requireName(options);
  return StoredExamples.open(shelf ?? (await openShelf(options)), options, clock);
}

/**
 * Removes a store and its key, whatever state they are in, and then counts what is left. It works
 * where `openExampleStore` fails, such as when the store was damaged.
 * @throws TributaryError `STORAGE_DAMAGED` when something is left; `STORAGE_DENIED` or
 *   `STORAGE_LOCKED` when the platform does not let it be removed.
 */
export async function eraseExampleStore(store: ShelfRequest): Promise<void> {
  requireName(store);
  const shelf = await openShelf(store);
  try {
    await eraseShelf(shelf);
  } finally {
    await shelf.close();
  }
}

function requireName({ name }: ShelfRequest): void {
  if (typeof name === "string" && name !== "") return;
  throw new TributaryError("BAD_PARAMETER", "The store of examples has no name", {
    remedy: "Give it a name, which tells it from the other stores of this app.",
  });
}
