import { takeExamples, type Examples } from "@tributary/client-sdk";
import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { requireClients } from "./require-clients.ts";

/**
 * Divides examples so that most clients see few classes: sorts them by label, cuts them into shards
 * of equal size, and gives each client some shards at random. With two shards each, most clients
 * see two classes.
 * @param examples - Not modified.
 * @param random - Decides which client gets which shards.
 * @param shardsPerClient - The number of shards for each client; default 2.
 * @returns One `Examples` for each client, in memory of its own.
 * @throws TributaryError `BAD_PARAMETER` when there are fewer examples than shards.
 * @see arXiv:1602.05629 §3, "Non-IID": 200 shards of 300 examples, two for each of 100 clients
 */
export function partitionByShards(
  examples: Examples,
  clients: number,
  random: RandomSource,
  shardsPerClient = 2,
): Examples[] {
  const { labels, count } = examples;
  requireClients(clients, count, shardsPerClient);
  const shards = clients * shardsPerClient;
  // Examples with the same label keep their order.
  const sorted = Uint32Array.from({ length: count }, (_, index) => index).sort(
    (a, b) => labels[a]! - labels[b]! || a - b,
  );
  const dealt = shuffledIndices(shards, random);
  return Array.from({ length: clients }, (_, client) => {
    const indices: number[] = [];
    for (const shard of dealt.subarray(client * shardsPerClient, (client + 1) * shardsPerClient)) {
      const from = Math.floor((shard * count) / shards);
      const to = Math.floor(((shard + 1) * count) / shards);
      for (let i = from; i < to; i++) indices.push(sorted[i]!);
    }
    return takeExamples(examples, indices);
  });
}
