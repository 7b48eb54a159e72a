import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { DataContract, TokenizerSpec } from "@tributary/protocol";
import { messageOf, unreadable } from "../files/unreadable.ts";
import { readTable } from "../tables/read-table.ts";
import type { TableOptions, TextTable } from "../tables/text-table.ts";
import { isCifar, loadCifar } from "./cifar.ts";
import type { Dataset, UndividedDataset } from "./dataset.ts";
import { hasImageFolders, loadImageFolders } from "./image-folders.ts";
import { MNIST_FILES, findImageFiles } from "./image-files.ts";
import { EMNIST_ARCHIVE, openImageSource } from "./image-source.ts";
import { USUAL_READING, findPlays, loadPlays, loadText, type TextReading } from "./load-text.ts";
import { loadMnist } from "./mnist.ts";

/** The endings of files in which a folder is searched for tables. */
const TABLE_ENDINGS: readonly string[] = [".csv", ".tsv", ".tab", ".data", ".parquet"];

/** The ending of files that are text, and no table. */
const TEXT_ENDING = ".txt";

/** How to read tables and text. */
export interface ReadingOptions extends TableOptions {
  /** The number of tokens of one example of text; 64 if left out. */
  readonly window?: number;
  /** How text becomes tokens; bytes if left out. */
  readonly tokenizer?: TokenizerSpec;
}

/** How text is read under a data contract, whatever else is said of its tokens. */
export function readingUnder(
  contract: DataContract | undefined,
  reading: ReadingOptions,
): ReadingOptions {
  if (contract?.type !== "text") return reading;
  const { tokenizer, window } = contract;
  return { ...reading, tokenizer, window };
}

/** Tables that were found at a path. A data contract makes examples of them. */
export interface TableDataset {
  /** A short name for reports: that of the file or the folder. */
  readonly name: string;
  /** The tables to train on: more than one only of a folder whose tables are of one kind. */
  readonly tables: readonly TextTable[];
  /** The table on which models are measured, if the folder keeps it apart. */
  readonly test: TextTable | undefined;
}

/**
 * Loads the data at a path. The path may lead to a file with a table; to a folder with the four
 * files of MNIST or of a data set in its form; to one with the binary version of CIFAR; to one with
 * the plays of Shakespeare; to one with a folder of images for each class; to one with a table
 * `train` and a table `test`; or to one with other tables. A file whose name ends in `.txt` is text,
 * of which windows of tokens become examples. Of several image data sets in a folder, the path names
 * one behind the folder: `emnist/emnist-letters`.
 * @param options - How to read tables and text.
 * @throws TributaryError `DATA_UNREADABLE`; the message names what was looked for, or the file that
 *   is at fault.
 */
export async function loadData(
  path: string,
  { window, tokenizer, ...options }: ReadingOptions = {},
): Promise<Dataset | UndividedDataset | TableDataset> {
  const reading: TextReading = {
    window: window ?? USUAL_READING.window,
    tokenizer: tokenizer ?? USUAL_READING.tokenizer,
  };
  let names: string[] | undefined;
  try {
    names = (await stat(path)).isDirectory() ? await readdir(path) : undefined;
  } catch (error) {
    const folder = dirname(path);
    if (await hasImages(folder, basename(path))) return loadMnist(folder, basename(path));
    throw unreadable(path, `cannot be read (${messageOf(error)})`, {
      remedy: "Give the path of a folder or of a file with a table.",
      cause: error,
    });
  }
  if (names === undefined) {
    if (endingOf(path) === TEXT_ENDING) return loadText(path, stemOf(path), reading);
    return { name: stemOf(path), tables: [await readTable(path, options)], test: undefined };
  }
  if (findImageFiles(names).length > 0 || names.includes(EMNIST_ARCHIVE)) return loadMnist(path);
  if (isCifar(names)) return loadCifar(path, names);
  const plays = findPlays(names);
  if (plays !== undefined) return loadPlays(path, plays, reading);
  if (await hasImageFolders(path)) return loadImageFolders(path);
  const read = (name: string): Promise<TextTable> => readTable(join(path, name), options);
  const found = names.filter(isTable).sort();
  const [train, test] = ["train", "test"].map((stem) =>
    found.find((name) => stemOf(name) === stem),
  );
  const name = basename(resolve(path));
  if (train !== undefined && test !== undefined) {
    return { name, tables: [await read(train)], test: await read(test) };
  }
  if (found.length === 0) throw unknown(path);
  const tables = await Promise.all(found.map(read));
  return { name: tables.length === 1 ? stemOf(found[0]!) : name, tables, test: undefined };
}

/** Whether a folder has an image data set whose files' names begin with a prefix. */
async function hasImages(folder: string, prefix: string): Promise<boolean> {
  const source = await openImageSource(folder).catch(() => undefined);
  source?.close();
  return findImageFiles(source?.names ?? []).some((files) => files.prefix === prefix);
}

const isTable = (name: string): boolean => TABLE_ENDINGS.includes(endingOf(name));

const endingOf = (name: string): string => extname(withoutGzip(name)).toLowerCase();

const withoutGzip = (name: string): string => name.replace(/\.gz$/i, "");

/** The file's name without its endings. */
function stemOf(path: string): string {
  const name = withoutGzip(basename(path));
  return basename(name, extname(name));
}

function unknown(path: string): Error {
  return unreadable(path, "does not contain a data set of a known form", {
    remedy:
      `Give a folder with ${MNIST_FILES.join(", ")}, each plain or as .gz, ` +
      `a folder with tables (${TABLE_ENDINGS.join(", ")}), or the path of a table.`,
  });
}
