import type { z } from "zod";
import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import type { Divisible } from "./divisible.ts";
import { clientsKey, clientsOfDataKey } from "./option-keys.ts";
import { partitionFault } from "./partition-fault.ts";
import { clientCount, gatherRows, giveRows, rowsOf, type Partition } from "./partition.ts";
import { equalSizes } from "./sizes.ts";

export const naturalIdOptions = strictRecord({
  name: nameKey(
    "natural-id",
    "The clients are those of the data set: writers, roles, hospitals, patients, or whatever column of a table `data.client` names.",
  ),
  clients: clientsOfDataKey.describe(
    "How many of them take part, the first ones of the data set. Left out: all.",
  ),
});

export const groupedNaturalIdOptions = strictRecord({
  name: nameKey(
    "grouped-natural-id",
    "Several clients of the data set, drawn at random, make one client, such as the patients of a ward. All clients are made of equally many, give or take one.",
  ),
  clients: clientsKey,
});

export function divideByNaturalId(
  data: Divisible,
  { clients }: z.output<typeof naturalIdOptions>,
): Partition {
  const natural = naturalClients(data, clients ?? 1);
  if (clients === undefined) return natural;
  const offsets = natural.offsets.subarray(0, clients + 1);
  return { rows: natural.rows.subarray(0, offsets[clients]), offsets };
}

export function divideByGroups(
  data: Divisible,
  { clients }: z.output<typeof groupedNaturalIdOptions>,
  random: RandomSource,
): Partition {
  const natural = naturalClients(data, clients);
  const members = clientCount(natural);
  const groups = new Uint32Array(members);
  giveRows(groups, shuffledIndices(members, random), equalSizes(members, clients));
  const owners = new Uint32Array(data.train.count).fill(clients);
  for (const [member, group] of groups.entries()) {
    for (const row of rowsOf(natural, member)) owners[row] = group;
  }
  return gatherRows(owners, clients);
}

/** @throws TributaryError `BAD_PARAMETER` when the data set has fewer clients, or none, of its own. */
function naturalClients({ clients: natural }: Divisible, least: number): Partition {
  if (natural === undefined) {
    throw partitionFault(
      "The data set has no clients of its own",
      "Use another partitioner; of tables, name the column that says whose the rows are: data.client.",
    );
  }
  const count = clientCount(natural.train);
  if (count >= least) return natural.train;
  throw partitionFault(
    `The data set has ${count} clients of its own, fewer than ${least}`,
    `Use ${count} clients or fewer.`,
  );
}
