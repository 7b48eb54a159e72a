import type { Examples } from "@tributary/client-sdk";
import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { requireClients } from "./require-clients.ts";
import { takeExamples } from "./take-examples.ts";

/**
 * Deals examples out in random order, so that every client's are drawn alike. Sizes differ by at most one.
 * @returns One `Examples` a client, each in memory of its own.
 * @throws TributaryError `BAD_PARAMETER` when there are fewer examples than clients.
 * @see arXiv:1602.05629 §3, "IID"
 */
export function partitionIid(
  examples: Examples,
  clients: number,
  random: RandomSource,
): Examples[] {
  requireClients(clients, examples.count, 1);
  const order = shuffledIndices(examples.count, random);
  return Array.from({ length: clients }, (_, client) => {
    const from = Math.floor((client * examples.count) / clients);
    const to = Math.floor(((client + 1) * examples.count) / clients);
    return takeExamples(examples, order.subarray(from, to));
  });
}
