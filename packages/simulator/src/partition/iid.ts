import { takeExamples, type Examples } from "@tributary/client-sdk";
import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { requireClients } from "./require-clients.ts";

/**
 * Divides examples among clients in random order, so that each client's examples have the same
 * distribution (IID: independent and identically distributed). The numbers of examples differ by
 * one at most.
 * @param examples - Not modified.
 * @param random - Decides the order.
 * @returns One `Examples` for each client, in memory of its own.
 * @throws TributaryError `BAD_PARAMETER` when there are fewer examples than clients.
 * @see arXiv:1602.05629 §3, "IID"
 */
export function partitionIid(
  examples: Examples,
  clients: number,
  random: RandomSource,
): Examples[] {
  return iidIndices(examples.count, clients, random).map((part) => takeExamples(examples, part));
}

/**
 * Divides the indices of examples, or of the rows of a table, as `partitionIid` does.
 * @param count - The number of examples.
 * @returns One list of indices for each client.
 * @throws TributaryError `BAD_PARAMETER` when there are fewer examples than clients.
 */
export function iidIndices(count: number, clients: number, random: RandomSource): Uint32Array[] {
  requireClients(clients, count, 1);
  const order = shuffledIndices(count, random);
  return Array.from({ length: clients }, (_, client) => {
    const from = Math.floor((client * count) / clients);
    const to = Math.floor(((client + 1) * count) / clients);
    return order.subarray(from, to);
  });
}
