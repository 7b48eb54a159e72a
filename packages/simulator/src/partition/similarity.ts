import * as z from "zod";
import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import { requireOneLabel } from "./class-rows.ts";
import type { Divisible } from "./divisible.ts";
import { clientsKey } from "./option-keys.ts";
import { requireEnough } from "./partition-fault.ts";
import { cutRows, rowsOf, type Partition } from "./partition.ts";
import { equalSizes } from "./sizes.ts";

const ERROR = "Use a number from 0 to 1.";

export const similarityOptions = strictRecord({
  name: nameKey(
    "similarity",
    "A share of the examples is dealt out at random; the others are sorted by label and cut into equal parts.",
  ),
  clients: clientsKey,
  similarity: z
    .number({ error: ERROR })
    .min(0, { error: ERROR })
    .max(1, { error: ERROR })
    .default(0.1)
    .describe(
      "The share that is dealt out at random: with 0 most clients see one class, and with 1 all clients are alike.",
    ),
});

/** @see arXiv:1910.06378 §7: "s% similarity data" */
export function divideBySimilarity(
  { train }: Divisible,
  { clients, similarity }: z.output<typeof similarityOptions>,
  random: RandomSource,
): Partition {
  const { labels, count } = train;
  requireOneLabel(train);
  requireEnough(count, clients, 1);
  const shuffled = shuffledIndices(count, random);
  const alike = Math.round(similarity * count);
  const sorted = shuffled.slice(alike).sort((a, b) => labels[a]! - labels[b]! || a - b);
  const dealt = cutRows(shuffled.slice(0, alike), equalSizes(alike, clients));
  const cut = cutRows(sorted, equalSizes(count - alike, clients));
  const rows = new Uint32Array(count);
  const sizes = new Uint32Array(clients);
  let filled = 0;
  for (let client = 0; client < clients; client++) {
    for (const part of [rowsOf(dealt, client), rowsOf(cut, client)]) {
      rows.set(part, filled);
      filled += part.length;
      sizes[client]! += part.length;
    }
  }
  return cutRows(rows, sizes);
}
