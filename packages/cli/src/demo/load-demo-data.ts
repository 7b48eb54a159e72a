import { TributaryError, type RandomSource } from "@tributary/protocol";
import type { Examples } from "@tributary/client-sdk";
import { drawWriters, partitionIid } from "@tributary/simulator";
import { isOfTables, loadNamedDataset } from "../datasets/named-dataset.ts";
import type { DemoData, DemoDataRequest } from "./demo-data.ts";
import { dealTables } from "./demo-tables.ts";

/** How many clients a demo has if neither the user nor the data says so. */
const DEFAULT_CLIENTS = 20;

/**
 * Loads the demo's data and deals it out to the clients.
 * @throws TributaryError `DATA_UNREADABLE` when the data is not there, cannot be read, or is not
 *   enough for all clients.
 */
export async function loadDemoData(
  request: DemoDataRequest,
  random: RandomSource,
): Promise<DemoData> {
  const { source, by, clients = DEFAULT_CLIENTS } = request;
  if (source === "writers" && by === undefined) {
    const drawn = drawWriters({ random: random.derive("writers"), writers: clients });
    return { name: "writers", classCount: 10, ...drawn };
  }
  const dataset = await loadNamedDataset(source, request.tables.reading);
  if (isOfTables(dataset)) {
    const dealt = await dealTables(dataset, request);
    if ("clients" in dealt) return dealt;
    return { ...dealt, clients: deal(dealt.train, clients, source, random) };
  }
  if (by !== undefined) {
    throw new TributaryError("BAD_PARAMETER", `--by is given, but ${source} is not of tables`, {
      remedy: "Leave --by out: the examples are dealt out at random.",
    });
  }
  const { name, test, classCount } = dataset;
  // All clients of a demo have the same classes, whatever their names.
  const { classNames: _, ...train } = dataset.train;
  return { name, classCount, test, clients: deal(train, clients, source, random) };
}

/** Deals examples out at random, in equal parts. */
function deal(train: Examples, clients: number, source: string, random: RandomSource): Examples[] {
  if (train.count >= clients) return partitionIid(train, clients, random.derive("partition"));
  throw new TributaryError(
    "DATA_UNREADABLE",
    `${source} has ${train.count} examples, fewer than the ${clients} clients`,
    { remedy: "Ask for fewer clients." },
  );
}
