import { messageOf, unreadable } from "../files/unreadable.ts";
import type { TextTable } from "./text-table.ts";

/** What a file in the form of Apache Parquet begins with. */
const MARK = "PAR1";

/** The column in which pandas keeps an index that is more than a count. */
const PANDAS_INDEX = /^__index_level_\d+__$/;

/** Whether these are the bytes of a Parquet file. */
export const isParquet = (bytes: Uint8Array): boolean =>
  String.fromCharCode(...bytes.subarray(0, MARK.length)) === MARK;

/**
 * Reads a Parquet file, uncompressed or compressed with Snappy, as a table of text: a reader of
 * tables then treats all files alike.
 * @throws TributaryError `DATA_UNREADABLE` when the file is broken, is compressed in another way, or
 *   has a column of lists or records.
 */
export async function readParquet(bytes: Uint8Array, file: string): Promise<TextTable> {
  const records = await recordsIn(bytes, file);
  if (records.length === 0) {
    throw unreadable(file, "has no rows of data", { remedy: "Give a table with examples." });
  }
  const all = Object.keys(records[0]!);
  const columns = all.filter((name) => !PANDAS_INDEX.test(name));
  return {
    source: file,
    columns,
    rows: records.map((record, row) =>
      columns.map((column) => textOf(record[column], { file, line: row + 1, column })),
    ),
    lines: records.map((_, row) => row + 1),
    found: {
      ...{ form: "parquet", delimiter: "", header: true, encoding: "utf-8", decimalMark: "." },
      index: columns.length < all.length,
    },
  };
}

async function recordsIn(bytes: Uint8Array, file: string): Promise<Record<string, unknown>[]> {
  // A buffer of Node may be a view of a larger one.
  const whole = new Uint8Array(bytes).buffer;
  // Loaded only here, so that commands without Parquet start faster.
  const { parquetReadObjects } = await import("hyparquet");
  try {
    return await parquetReadObjects({
      file: { byteLength: whole.byteLength, slice: (start, end) => whole.slice(start, end) },
    });
  } catch (error) {
    throw unreadable(file, `cannot be read as Parquet (${messageOf(error)})`, {
      remedy: "Save it again with the compression snappy or none, or as CSV.",
      cause: error,
    });
  }
}

function textOf(
  value: unknown,
  { file, ...place }: { file: string; line: number; column: string },
): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value.trim();
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
    return String(value);
  }
  if (value instanceof Date) return value.toISOString();
  throw unreadable(file, "has a value that is neither a number nor a text", {
    remedy: "Save the table without this column, or with a column for each of its parts.",
    ...place,
  });
}
