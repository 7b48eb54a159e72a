import type { z } from "zod";
import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import type { Divisible } from "./divisible.ts";
import { clientsKey } from "./option-keys.ts";
import { requireEnough } from "./partition-fault.ts";
import { cutRows, type Partition } from "./partition.ts";
import { equalSizes } from "./sizes.ts";

export const iidOptions = strictRecord({
  name: nameKey(
    "iid",
    "Every client has examples of the same distribution, in parts that differ by one at most.",
  ),
  clients: clientsKey,
});

/** @see arXiv:1602.05629 §3, "IID" */
export function divideIid(
  { train }: Divisible,
  { clients }: z.output<typeof iidOptions>,
  random: RandomSource,
): Partition {
  return iidPartition(train.count, clients, random);
}

/**
 * Divides examples, or the rows of a table, in random order, so that each client's have the same
 * distribution (IID: independent and identically distributed). The numbers of rows differ by one at
 * most.
 * @param count - The number of rows.
 * @param random - Decides the order.
 * @throws TributaryError `BAD_PARAMETER` when there are fewer rows than clients.
 */
export function iidPartition(count: number, clients: number, random: RandomSource): Partition {
  requireEnough(count, clients, 1);
  return cutRows(shuffledIndices(count, random), equalSizes(count, clients));
}
