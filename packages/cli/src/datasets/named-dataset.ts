import { existsSync } from "node:fs";
import { join } from "node:path";
import { TributaryError } from "@tributary/protocol";
import {
  loadData,
  type Dataset,
  type ReadingOptions,
  type TableDataset,
  type TextTable,
  type UndividedDataset,
} from "@tributary/simulator";

/** The data sets that `--data` names by a word, and what they are called in a sentence. */
const PUBLISHED: Readonly<Record<string, string>> = {
  mnist: "MNIST",
  shakespeare: "The text of Shakespeare",
};

/** A data set of any kind. */
export type NamedDataset = Dataset | UndividedDataset | TableDataset;

/**
 * Loads the data set that `--data` names.
 * @param source - `mnist` or `shakespeare`, which is looked for where `tributary data fetch` puts it,
 *   or the path of a folder, of a file with a table or of a text.
 * @param reading - How to read tables and text.
 * @throws TributaryError `DATA_UNREADABLE` when it is not there or cannot be read.
 */
export function loadNamedDataset(source: string, reading: ReadingOptions): Promise<NamedDataset> {
  return loadData(Object.hasOwn(PUBLISHED, source) ? findPublished(source) : source, reading);
}

/** Whether a data set consists of tables. */
export const isOfTables = (data: NamedDataset): data is TableDataset => "tables" in data;

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

function findPublished(name: string): string {
  const folders = [`./data/${name}`];
  const shared = process.env["TRIBUTARY_DATA"];
  if (shared !== undefined) folders.push(join(shared, name));
  const found = folders.find((folder) => existsSync(folder));
  if (found === undefined) {
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${PUBLISHED[name]} is not in ${folders.join(" or ")}`,
      {
        remedy: `Download it with \`tributary data fetch ${name}\`, or give the path of a folder that holds it.`,
      },
    );
  }
  return found;
}
