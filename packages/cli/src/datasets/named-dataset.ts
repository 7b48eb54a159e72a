import { TributaryError } from "@tributary/protocol";
import {
  isPublished,
  loadData,
  publishedFolder,
  type Dataset,
  type ReadingOptions,
  type TableDataset,
  type TextTable,
  type UndividedDataset,
} from "@tributary/simulator";

/** A data set of any kind. */
export type NamedDataset = Dataset | UndividedDataset | TableDataset;

/**
 * Loads the data set that `--data` names.
 * @param source - The name of a published data set, such as `mnist`, which is looked for where
 *   `tributary data fetch` puts it, or the path of a folder, of a file with a table or of a text.
 * @param reading - How to read tables and text.
 * @throws TributaryError `DATA_UNREADABLE` when it is not there or cannot be read.
 */
export function loadNamedDataset(source: string, reading: ReadingOptions): Promise<NamedDataset> {
  return loadData(isPublished(source) ? publishedFolder(source, "--data FOLDER") : source, reading);
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
