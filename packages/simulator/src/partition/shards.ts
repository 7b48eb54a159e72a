import type { z } from "zod";
import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { strictRecord, wholeNumber } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import { requireOneLabel } from "./class-rows.ts";
import type { Divisible } from "./divisible.ts";
import { clientsKey } from "./option-keys.ts";
import { requireEnough } from "./partition-fault.ts";
import { cutRows, rowsOf, type Partition } from "./partition.ts";
import { equalSizes } from "./sizes.ts";

export const shardsOptions = strictRecord({
  name: nameKey(
    "shards",
    "The examples are sorted by label and cut into shards of equal size, of which each client gets a few at random. With two shards, most clients see two classes.",
  ),
  clients: clientsKey,
  shardsPerClient: wholeNumber(1, 1_000_000)
    .default(2)
    .describe("How many shards each client gets."),
});

/** @see arXiv:1602.05629 §3, "Non-IID": 200 shards of 300 examples, two for each of 100 clients */
export function divideByShards(
  { train }: Divisible,
  { clients, shardsPerClient }: z.output<typeof shardsOptions>,
  random: RandomSource,
): Partition {
  const { labels, count } = train;
  requireOneLabel(train);
  requireEnough(count, clients, shardsPerClient);
  // Examples with the same label keep their order.
  const sorted = Uint32Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => labels[a]! - labels[b]! || a - b,
  );
  const shards = cutRows(sorted, equalSizes(count, clients * shardsPerClient));
  const dealt = shuffledIndices(clients * shardsPerClient, random);
  const rows = new Uint32Array(count);
  const offsets = new Uint32Array(clients + 1);
  let filled = 0;
  for (const [deal, shard] of dealt.entries()) {
    const part = rowsOf(shards, shard);
    rows.set(part, filled);
    filled += part.length;
    if ((deal + 1) % shardsPerClient === 0) offsets[(deal + 1) / shardsPerClient] = filled;
  }
  return { rows, offsets };
}
