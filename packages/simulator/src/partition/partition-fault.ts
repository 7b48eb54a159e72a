import { TributaryError } from "@tributary/protocol";
import { clientCount, type Partition } from "./partition.ts";

/**
 * The error for data that cannot be divided as it is asked.
 * @param cause - One sentence without its full stop.
 */
export function partitionFault(cause: string, remedy: string): TributaryError {
  return new TributaryError("BAD_PARAMETER", cause, { remedy });
}

/** @throws TributaryError `BAD_PARAMETER` unless each client can get `least` of the examples. */
export function requireEnough(count: number, clients: number, least: number): void {
  if (Number.isSafeInteger(clients) && clients >= 1 && clients * least <= count) return;
  throw partitionFault(
    `${count} examples are not enough for ${clients} clients with at least ${least} each`,
    "Use fewer clients, but at least one, or a larger data set.",
  );
}

/** @throws TributaryError `BAD_PARAMETER` when a client has no example. */
export function requireNobodyEmpty(partition: Partition, remedy: string): void {
  const { offsets } = partition;
  const clients = clientCount(partition);
  let empty = 0;
  let first = -1;
  for (let client = clients - 1; client >= 0; client--) {
    if (offsets[client + 1]! > offsets[client]!) continue;
    empty++;
    first = client;
  }
  if (empty === 0) return;
  throw partitionFault(
    `${empty} of ${clients} clients would have no example, the first of them client ${first}`,
    remedy,
  );
}

/** @throws TributaryError `BAD_PARAMETER` when clients are to have more examples than there are. */
export function requireSizes(sizes: ArrayLike<number>, count: number): void {
  let sum = 0;
  for (let client = 0; client < sizes.length; client++) sum += sizes[client]!;
  if (sum <= count) return;
  throw partitionFault(
    `The sizes of ${sizes.length} clients add up to ${sum}, and there are ${count} examples`,
    "Use smaller sizes, fewer clients or a larger data set.",
  );
}
