import { readUnpacked } from "../files/read-unpacked.ts";
import { isParquet, readParquet } from "./parquet.ts";
import { parseTable } from "./parse-table.ts";
import type { TableOptions, TextTable } from "./text-table.ts";

/**
 * Reads a file of rows and columns: text as `parseTable` does, compressed with gzip or not, or
 * Parquet.
 * @throws TributaryError `DATA_UNREADABLE` as `parseTable`, and when the file cannot be read.
 */
export async function readTable(file: string, options: TableOptions = {}): Promise<TextTable> {
  const bytes = await readUnpacked(file);
  return isParquet(bytes) ? readParquet(bytes, file) : parseTable(bytes, file, options);
}
