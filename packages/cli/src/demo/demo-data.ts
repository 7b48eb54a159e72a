import { TributaryError, type RandomSource } from "@tributary/protocol";
import type { Examples } from "@tributary/client-sdk";
import { drawWriters, partitionIid, type CsvOptions } from "@tributary/simulator";
import { loadNamedDataset } from "../named-dataset.ts";

/** What a demo trains on: one client each, and what scores the model. */
export interface DemoData {
  readonly name: string;
  readonly clients: readonly Examples[];
  readonly test: Examples;
  readonly classCount: number;
}

/**
 * The demo's data: `writers` is drawn on the spot, `mnist` is looked for where `tributary data fetch` puts it,
 * anything else is a folder or a CSV file.
 * @throws TributaryError `DATA_UNREADABLE`.
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
