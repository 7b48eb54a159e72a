import * as z from "zod";
import type { RandomSource } from "@tributary/protocol";
import { list, strictRecord, wholeNumber } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import { classRows } from "./class-rows.ts";
import type { Divisible } from "./divisible.ts";
import { clientsKey } from "./option-keys.ts";
import { partitionFault, requireEnough } from "./partition-fault.ts";
import { cutRows, rowsOf, type Partition } from "./partition.ts";

const weight = z
  .number({ error: "Use a number of at least 0." })
  .min(0, { error: "Use a number of at least 0." });

export const distributionOptions = strictRecord({
  name: nameKey(
    "distribution",
    "Each client has exactly the distribution over classes that is listed for it.",
  ),
  clients: clientsKey,
  distribution: list(
    list(weight, { min: 1, max: 100_000 }).refine((row) => row.some((value) => value > 0), {
      error: "Let at least one class have a weight above 0.",
    }),
    { min: 1, max: 1_000_000 },
    "Use a list with one list of weights for each client.",
  ).describe(
    "For each client, how often it sees each class: numbers of at least 0, of which only the proportions count. Repeated from the beginning if there are more clients, so that one list is the distribution of all.",
  ),
  examplesPerClient: wholeNumber(1, 1_000_000_000)
    .exactOptional()
    .describe(
      "How many examples each client gets. Left out: as many as the rarest class allows. What is left over is not used.",
    ),
});

/** @throws TributaryError `BAD_PARAMETER` when a class has too few examples. */
export function divideByDistribution(
  data: Divisible,
  { clients, distribution, examplesPerClient }: z.output<typeof distributionOptions>,
  random: RandomSource,
): Partition {
  const { train, classCount } = data;
  requireEnough(train.count, clients, examplesPerClient ?? 1);
  const classes = classRows(data, random);
  const shares = distribution.map((weights) => sharesOf(weights, classCount));
  const shareOf = (client: number): readonly number[] => shares[client % shares.length]!;
  const sizes = classes.offsets.subarray(1).map((end, kind) => end - classes.offsets[kind]!);
  const each =
    examplesPerClient ?? mostExamples(shares, sizes, clients, Math.floor(train.count / clients));
  const scarce = scarceClass(shares, sizes, clients, each);
  if (each === 0 || scarce !== undefined) {
    throw partitionFault(
      `Class ${scarce ?? 0} has too few examples for ${clients} clients with ${Math.max(1, each)} each of the given distribution`,
      "Use fewer clients, a smaller examplesPerClient, or a distribution that is nearer to that of the data.",
    );
  }
  const dealt = cutRows(new Uint32Array(clients * each), new Uint32Array(clients).fill(each));
  const next = classes.offsets.slice(0, classCount);
  for (let client = 0; client < clients; client++) {
    const own = rowsOf(dealt, client);
    let filled = 0;
    for (const [kind, count] of countsOf(shareOf(client), each).entries()) {
      own.set(classes.rows.subarray(next[kind], next[kind]! + count), filled);
      next[kind]! += count;
      filled += count;
    }
  }
  return dealt;
}

/** Weights as shares that add up to 1. */
function sharesOf(weights: readonly number[], classCount: number): readonly number[] {
  if (weights.length !== classCount) {
    throw partitionFault(
      `The distribution lists ${weights.length} weights for a client, and the data set has ${classCount} classes`,
      "List one weight for each class, in the order of the classes.",
    );
  }
  const sum = weights.reduce((total, one) => total + one, 0);
  return weights.map((one) => one / sum);
}

/** Whole numbers that add up to `each` and differ from their exact shares by less than one. */
function countsOf(shares: readonly number[], each: number): number[] {
  const counts = shares.map((share) => Math.floor(share * each));
  const left = each - counts.reduce((sum, count) => sum + count, 0);
  const byRest = shares
    .map((share, kind) => ({ kind, rest: share * each - counts[kind]! }))
    .sort((a, b) => b.rest - a.rest);
  for (const { kind } of byRest.slice(0, left)) counts[kind]! += 1;
  return counts;
}

/** A class of which clients would need more examples than there are. */
function scarceClass(
  shares: readonly (readonly number[])[],
  sizes: Uint32Array,
  clients: number,
  each: number,
): number | undefined {
  const needed = new Float64Array(sizes.length);
  for (const [index, share] of shares.entries()) {
    const users = Math.ceil(Math.max(0, clients - index) / shares.length);
    for (const [kind, count] of countsOf(share, each).entries()) needed[kind]! += users * count;
  }
  const scarce = needed.findIndex((count, kind) => count > sizes[kind]!);
  return scarce === -1 ? undefined : scarce;
}

/** The largest number of examples for each client of which no class is scarce; 0 if there is none. */
function mostExamples(
  shares: readonly (readonly number[])[],
  sizes: Uint32Array,
  clients: number,
  limit: number,
): number {
  let enough = 0;
  let tooMany = limit + 1;
  while (tooMany - enough > 1) {
    const middle = Math.floor((enough + tooMany) / 2);
    if (scarceClass(shares, sizes, clients, middle) === undefined) enough = middle;
    else tooMany = middle;
  }
  return enough;
}
