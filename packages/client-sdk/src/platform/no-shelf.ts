import { TributaryError } from "@tributary/protocol";
import type { ExampleShelf } from "../examples/stored/example-shelf.ts";
import type { ShelfRequest } from "./shelf-request.ts";

/** Opens no shelf: React Native has no storage of its own. */
export async function openShelf({ name }: ShelfRequest): Promise<ExampleShelf> {
  throw new TributaryError("STORAGE_DENIED", `There is nowhere to keep the store ${name}`, {
    remedy:
      "Give openExampleStore an ExampleShelf over the storage that the app has, or memoryShelf().",
  });
}
