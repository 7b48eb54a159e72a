import { TributaryError, type RandomSource } from "@tributary/protocol";
import { takeExamples, type Examples } from "@tributary/client-sdk";
import {
  BY_FILE,
  dealExamples,
  divide,
  drawWriters,
  examplesOfTables,
  holdOutEnd,
  iidPartition,
  type TableDataset,
} from "@tributary/simulator";
import { describeMapped, describeTable } from "../datasets/describe-table.ts";
import { isOfTables, loadNamedDataset, onlyTable } from "../datasets/named-dataset.ts";
import type { DemoData, DemoDataRequest } from "./demo-data.ts";

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
  if (isOfTables(dataset)) return dealTables(dataset, request, random);
  if (by !== undefined) {
    throw new TributaryError("BAD_PARAMETER", `--by is given, but ${source} is not of tables`, {
      remedy: "Leave --by out: a data set of another kind decides this itself.",
    });
  }
  const { name, classCount } = dataset;
  const divided = "examples" in dataset ? holdOutEnd(dataset) : dataset;
  const natural = divided.clients;
  if (natural?.test !== undefined) {
    if (natural.names.length < clients) {
      throw tooFew(`${source} has ${natural.names.length} clients, fewer than ${clients}`);
    }
    const taken = divide(divided, { name: "natural-id", clients }, random);
    const tested = natural.test.rows.subarray(0, natural.test.offsets[clients]);
    return {
      ...{ name, classCount, test: takeExamples(divided.test, tested) },
      clients: dealExamples(divided.train, taken),
    };
  }
  const { test } = divided;
  // All clients of a demo have the same classes, whatever their names.
  const { classNames: _, ...train } = divided.train;
  return { name, classCount, test, clients: deal(train, clients, source, random) };
}

/** Makes examples of tables, and deals them out by the column that `--by` names, or at random. */
async function dealTables(
  dataset: TableDataset,
  { by, source, clients = DEFAULT_CLIENTS, tables: { draft }, contract }: DemoDataRequest,
  random: RandomSource,
): Promise<DemoData> {
  const used = by === BY_FILE ? dataset : { ...dataset, tables: [onlyTable(dataset)] };
  const data = await examplesOfTables(used, { client: by, draft, contract });
  const mapped = describeMapped(data.mapped);
  const { name, classCount, test, train } = data;
  return {
    ...{ name, classCount, test, contract: data.contract },
    notes: [...used.tables.map(describeTable), ...(mapped === undefined ? [] : [mapped])],
    clients:
      by === undefined
        ? deal(train, clients, source, random)
        : dealExamples(train, divide(data, { name: "natural-id" }, random)),
  };
}

/** Deals examples out at random, in equal parts. */
function deal(train: Examples, clients: number, source: string, random: RandomSource): Examples[] {
  if (train.count < clients) {
    throw tooFew(`${source} has ${train.count} examples, fewer than the ${clients} clients`);
  }
  return dealExamples(train, iidPartition(train.count, clients, random.derive("partition")));
}

const tooFew = (message: string): TributaryError =>
  new TributaryError("DATA_UNREADABLE", message, { remedy: "Ask for fewer clients." });
