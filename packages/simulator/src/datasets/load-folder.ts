import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { shuffledIndices, type Examples } from "@tributary/client-sdk";
import { TributaryError, type RandomSource } from "@tributary/protocol";
import { takeExamples } from "../partition/take-examples.ts";
import { readCsv, type CsvOptions } from "./csv.ts";
import type { Dataset } from "./dataset.ts";
import { MNIST_FILES, findMnistFile, loadMnist } from "./mnist.ts";

export interface LoadFolderOptions {
  /** Decides which rows of a single table are held out for testing. */
  readonly random: RandomSource;
  /** How to read tables. */
  readonly csv?: CsvOptions;
}

/** Share of a single table's rows that is held out. */
const TEST_SHARE = 0.2;

/**
 * Loads the data set at a path: a folder with MNIST's four files; a folder with `train.csv` and `test.csv`; or a CSV
 * file, or a folder with just one, of which a fifth is held out for testing.
 * @throws TributaryError `DATA_UNREADABLE` naming what was looked for, or the file at fault.
 */
export async function loadFolder(path: string, options: LoadFolderOptions): Promise<Dataset> {
  let names: string[] | undefined;
  try {
    names = (await stat(path)).isDirectory() ? await readdir(path) : undefined;
  } catch (error) {
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${path} cannot be read (${error instanceof Error ? error.message : String(error)})`,
      { remedy: "Give the path of a folder or of a CSV file.", cause: error },
    );
  }
  if (names === undefined) {
    if (isCsv(path)) return splitTable(path, options);
    throw unknown(path);
  }
  if ((await findMnistFile(path, MNIST_FILES.trainImages)) !== undefined) return loadMnist(path);
  if (names.includes("train.csv") && names.includes("test.csv")) return twoTables(path, options);
  const tables = names.filter(isCsv);
  if (tables.length === 1) return splitTable(join(path, tables[0]!), options);
  throw unknown(path);
}

async function twoTables(folder: string, { csv = {} }: LoadFolderOptions): Promise<Dataset> {
  const train = await readCsv(join(folder, "train.csv"), csv);
  const classes = csv.labelKind === "value" ? {} : { classes: train.classNames };
  const test = await readCsv(join(folder, "test.csv"), { ...csv, ...classes });
  return {
    name: basename(folder),
    train: train.examples,
    test: test.examples,
    classCount: train.classNames.length,
  };
}

async function splitTable(file: string, { random, csv }: LoadFolderOptions): Promise<Dataset> {
  const { examples, classNames } = await readCsv(file, csv);
  const held = Math.max(1, Math.round(TEST_SHARE * examples.count));
  if (examples.count < 2) {
    throw new TributaryError("DATA_UNREADABLE", `${file} has only one row`, {
      remedy: "Give a table with rows to train and to test on.",
    });
  }
  const order = shuffledIndices(examples.count, random);
  const part = (indices: Uint32Array): Examples => takeExamples(examples, indices);
  return {
    name: basename(file, extname(file)),
    train: part(order.subarray(held)),
    test: part(order.subarray(0, held)),
    classCount: classNames.length,
  };
}

const isCsv = (name: string): boolean => extname(name).toLowerCase() === ".csv";

function unknown(path: string): TributaryError {
  return new TributaryError("DATA_UNREADABLE", `${path} holds no data set that is known here`, {
    remedy:
      `Give a folder with ${Object.values(MNIST_FILES).join(", ")}, each plain or as .gz, ` +
      "a folder with train.csv and test.csv, or one CSV file.",
    context: { path },
  });
}
