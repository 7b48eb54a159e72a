import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { takeExamples } from "@tributary/client-sdk";
import { TributaryError } from "@tributary/protocol";
import { readCsv, type CsvOptions } from "./csv.ts";
import type { Dataset } from "./dataset.ts";
import { MNIST_FILES, findMnistFile, loadMnist } from "./mnist.ts";

/**
 * Of a single table, every fifth row is held out for testing. Tables are often sorted; this takes
 * rows from all parts.
 */
const TEST_EVERY = 5;

/**
 * Loads the data set at a path. The path may lead to a folder with the four files of MNIST; to a
 * folder with `train.csv` and `test.csv`; to a CSV file; or to a folder with exactly one CSV file.
 * Of a single CSV file, every fifth row is held out for testing.
 * @param csv - How to read tables.
 * @throws TributaryError `DATA_UNREADABLE`; the message names what was looked for, or the file that
 *   is at fault.
 */
export async function loadFolder(path: string, csv: CsvOptions = {}): Promise<Dataset> {
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
    if (isCsv(path)) return splitTable(path, csv);
    throw unknown(path);
  }
  if ((await findMnistFile(path, MNIST_FILES.trainImages)) !== undefined) return loadMnist(path);
  if (names.includes("train.csv") && names.includes("test.csv")) return twoTables(path, csv);
  const tables = names.filter(isCsv);
  if (tables.length === 1) return splitTable(join(path, tables[0]!), csv);
  throw unknown(path);
}

/** Loads a folder with separate tables for training and testing. */
async function twoTables(folder: string, csv: CsvOptions): Promise<Dataset> {
  const train = await readCsv(join(folder, "train.csv"), csv);
  // Both tables must number the classes in the same way, and the test table may lack some of them.
  const classes = csv.labelKind === "value" ? {} : { classes: train.classNames };
  const test = await readCsv(join(folder, "test.csv"), { ...csv, ...classes });
  return {
    name: basename(folder),
    train: train.examples,
    test: test.examples,
    classCount: train.classNames.length,
  };
}

/** Loads one table and holds out every fifth row. */
async function splitTable(file: string, csv: CsvOptions): Promise<Dataset> {
  const { examples, classNames } = await readCsv(file, csv);
  if (examples.count < TEST_EVERY) {
    throw new TributaryError("DATA_UNREADABLE", `${file} has only ${examples.count} rows`, {
      remedy: `Give a table of at least ${TEST_EVERY} rows: every fifth row is held out for testing.`,
    });
  }
  const indices = Array.from({ length: examples.count }, (_, index) => index);
  const isHeldOut = (index: number): boolean => index % TEST_EVERY === TEST_EVERY - 1;
  return {
    name: basename(file, extname(file)),
    train: takeExamples(
      examples,
      indices.filter((index) => !isHeldOut(index)),
    ),
    test: takeExamples(examples, indices.filter(isHeldOut)),
    classCount: classNames.length,
  };
}

const isCsv = (name: string): boolean => extname(name).toLowerCase() === ".csv";

function unknown(path: string): TributaryError {
  return new TributaryError(
    "DATA_UNREADABLE",
    `${path} does not contain a data set of a known form`,
    {
      remedy:
        `Give a folder with ${Object.values(MNIST_FILES).join(", ")}, each plain or as .gz, ` +
        "a folder with train.csv and test.csv, or one CSV file.",
      context: { path },
    },
  );
}
