import { existsSync } from "node:fs";
import { join } from "node:path";
import { TributaryError } from "@tributary/protocol";
import {
  loadData,
  type Dataset,
  type TableDataset,
  type TableOptions,
  type TextTable,
} from "@tributary/simulator";

/**
 * Loads the data set that `--data` names.
 * @param source - `mnist`, which is looked for where `tributary data fetch` puts it, or the path of
 *   a folder or of a file with a table.
 * @param reading - How to read tables.
 * @throws TributaryError `DATA_UNREADABLE` when it is not there or cannot be read.
 */
export function loadNamedDataset(
  source: string,
  reading: TableOptions,
): Promise<Dataset | TableDataset> {
  return loadData(source === "mnist" ? findMnist() : source, reading);
}

/** Whether a data set consists of tables. */
export const isOfTables = (data: Dataset | TableDataset): data is TableDataset => "tables" in data;

/**
 * The one table to train on.
 * @throws TributaryError `DATA_UNREADABLE` when a folder has several.
 */
export function onlyTable({ name, tables }: TableDataset): TextTable {
  if (tables.length === 1) return tables[0]!;
  throw new TributaryError(
    "DATA_UNREADABLE",
    `${name} has ${tables.length} tables: ${tables.map(({ source }) => source).join(", ")}`,
    { remedy: "Give the path of the one that is meant. `tributary demo --by file` takes all." },
  );
}

function findMnist(): string {
  const folders = ["./data/mnist"];
  const shared = process.env["TRIBUTARY_DATA"];
  if (shared !== undefined) folders.push(join(shared, "mnist"));
  const found = folders.find((folder) => existsSync(folder));
  if (found === undefined) {
    throw new TributaryError("DATA_UNREADABLE", `MNIST is not in ${folders.join(" or ")}`, {
      remedy:
        "Download it with `tributary data fetch mnist`, or give the path of a folder that holds it.",
    });
  }
  return found;
}
