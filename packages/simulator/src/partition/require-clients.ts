import { TributaryError } from "@tributary/protocol";

/**
 * @param clients - The number of clients.
 * @param count - The number of examples.
 * @param each - How many examples, or shards, each client gets at least.
 * @throws TributaryError `BAD_PARAMETER` unless every client can get `each` of the `count`
 *   examples.
 */
export function requireClients(clients: number, count: number, each: number): void {
  const whole = Number.isSafeInteger(clients) && Number.isSafeInteger(each);
  if (whole && clients >= 1 && each >= 1 && clients * each <= count) return;
  throw new TributaryError(
    "BAD_PARAMETER",
    `${count} examples are not enough for ${clients} clients with at least ${each} each`,
    { remedy: "Use fewer clients, but at least one, or a larger data set." },
  );
}
