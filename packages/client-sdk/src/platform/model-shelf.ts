import { openShelf } from "#platform/shelf";
import type { ExampleShelf } from "../examples/stored/example-shelf.ts";
import type { ShelfRequest } from "./shelf-request.ts";

/** Where models lie unless the app says so. Node only. */
const DIRECTORY = ".tributary/models";

/** Opens the shelf of a model store, which no store of examples shares. */
export const openModelShelf = ({
  name,
  directory = DIRECTORY,
}: ShelfRequest): Promise<ExampleShelf> => openShelf({ name: `model: ${name}`, directory });
