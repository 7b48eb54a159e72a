import { openModelShelf } from "./platform/model-shelf.ts";
import { eraseShelf } from "./examples/stored/sealed-shelf.ts";
import type { ShelfRequest } from "./platform/shelf-request.ts";

/**
 * Removes a kept model and its key, whatever state they are in, and then counts what is left. The
 * clients that use the store are to be closed first: an open one would keep its next model again.
 * @param store - As it was given as the option `modelStore`.
 * @throws TributaryError `STORAGE_DAMAGED` when something is left; `STORAGE_DENIED` or
 *   `STORAGE_LOCKED` when the platform does not let it be removed.
 */
export async function eraseModelStore(store: ShelfRequest): Promise<void> {
  const shelf = await openModelShelf(store);
  try {
    await eraseShelf(shelf);
  } finally {
    await shelf.close();
  }
}
