import { TributaryError, type RandomSource } from "@tributary/protocol";
import type { Examples } from "@tributary/client-sdk";
import { drawWriters, partitionIid, type CsvOptions } from "@tributary/simulator";
import { loadNamedDataset } from "../datasets/named-dataset.ts";

/** What a demo trains on, and what it scores the model on. */
export interface DemoData {
  readonly name: string;
  /** The examples of each client. */
  readonly clients: readonly Examples[];
  /** Held-out examples that no client trains on. */
  readonly test: Examples;
  readonly classCount: number;
}

/**
 * Loads the demo's data and deals it out to the clients.
 * @param source - `writers`, which is drawn here, one writer for each client; `mnist`, which is
 *   looked for where `tributary data fetch` puts it; or the path of a folder or of a CSV file. All
 *   but `writers` are dealt out at random, in equal parts.
 * @throws TributaryError `DATA_UNREADABLE` when the data is not there, cannot be read, or is not
 *   enough for all clients.
 */
export async function loadDemoData(
  source: string,
  clients: number,
  random: RandomSource,
  csv: CsvOptions = {},
): Promise<DemoData> {
  if (source === "writers") {
    const drawn = drawWriters({ random: random.derive("writers"), writers: clients });
    return { name: "writers", classCount: 10, ...drawn };
  }
  const dataset = await loadNamedDataset(source, csv);
  if (dataset.train.count < clients) {
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${source} has ${dataset.train.count} examples, fewer than the ${clients} clients`,
      { remedy: "Ask for fewer clients." },
    );
  }
  return {
    name: dataset.name,
    clients: partitionIid(dataset.train, clients, random.derive("partition")),
    test: dataset.test,
    classCount: dataset.classCount,
  };
}
