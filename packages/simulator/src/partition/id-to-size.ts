import type { z } from "zod";
import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import type { Divisible } from "./divisible.ts";
import { clientsOfDataKey, repeatedSizes, sizesKey } from "./option-keys.ts";
import { requireSizes } from "./partition-fault.ts";
import { cutRows, type Partition } from "./partition.ts";

export const idToSizeOptions = strictRecord({
  name: nameKey(
    "id-to-size",
    "The clients' examples have the same distribution, and their numbers are listed.",
  ),
  clients: clientsOfDataKey.describe(
    "The number of clients. Left out: as many as sizes are listed.",
  ),
  sizes: sizesKey.describe(
    "How many examples each client gets; repeated from the beginning if there are more clients. Examples that are left over are not used.",
  ),
});

export function divideByListedSizes(
  { train }: Divisible,
  { sizes: listed, clients = listed.length }: z.output<typeof idToSizeOptions>,
  random: RandomSource,
): Partition {
  const sizes = repeatedSizes(listed, clients);
  requireSizes(sizes, train.count);
  return cutRows(shuffledIndices(train.count, random), sizes);
}
