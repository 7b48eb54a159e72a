import { TributaryError, type DataContract, type RandomSource } from "@tributary/protocol";
import type { Examples } from "@tributary/client-sdk";
import { drawWriters, partitionIid } from "@tributary/simulator";
import { isOfTables, loadNamedDataset } from "../datasets/named-dataset.ts";
import type { TableChoices } from "../datasets/table-flags.ts";
import { dealTables } from "./demo-tables.ts";

/** What a demo trains on, and what it scores the model on. */
export interface DemoData {
  readonly name: string;
  /** The examples of each client. */
  readonly clients: readonly Examples[];
  /** Held-out examples that no client trains on. */
  readonly test: Examples;
  readonly classCount: number;
  /** What the columns of the tables became, if the data is of tables. */
  readonly contract?: DataContract;
  /** What was found out about the data, for a person. */
  readonly notes?: readonly string[];
}

/** What to load, and how to deal it out. */
export interface DemoDataRequest {
  /**
   * `writers`, which is drawn here, one writer for each client; `mnist`, which is looked for where
   * `tributary data fetch` puts it; or the path of a folder or of a file with a table.
   */
  readonly source: string;
  /** The number of clients; left out with `by`, which decides it, else 20. */
  readonly clients?: number;
  /**
   * The column of a table whose values are the clients, or `file`: each table of a folder is one.
   * Left out: examples are dealt out at random, in equal parts.
   */
  readonly by?: string;
  readonly tables: TableChoices;
  /** The contract of the demo's task. Without it one is drafted from the whole data. */
  readonly contract?: DataContract | undefined;
}

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
