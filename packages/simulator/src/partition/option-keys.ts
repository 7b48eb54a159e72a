// Keys that several partitioners have in common, so that an experiment can change one partitioner
// for another by its name.
import { list, positiveNumber, wholeNumber } from "@tributary/protocol/schemas";

/** The most clients that a partition has. */
const MAX_CLIENTS = 10_000_000;

/** The most examples that a client is asked to have. */
const MAX_EXAMPLES = 1_000_000_000;

/** A number of clients. */
export const clientsKey = wholeNumber(1, MAX_CLIENTS).describe("The number of clients.");

/** A number of clients that the data decides where it is left out. */
export const clientsOfDataKey = wholeNumber(1, MAX_CLIENTS).exactOptional();

/** α of a Dirichlet distribution. */
export const alphaKey = positiveNumber(1_000_000).default(0.5);

/** The least that a client must have. */
export const minimumExamplesKey = wholeNumber(1, MAX_EXAMPLES).default(1);

/** How many examples each client gets. */
export const sizesKey = list(wholeNumber(1, MAX_EXAMPLES), { min: 1, max: MAX_CLIENTS });

/** Repeats listed sizes from the beginning until there is one for each client. */
export function repeatedSizes(sizes: readonly number[], clients: number): Float64Array {
  return Float64Array.from({ length: clients }, (_, client) => sizes[client % sizes.length]!);
}
