import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  TributaryError,
  isTributaryError,
  seededRandom,
  type DataContract,
  type RandomSource,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { parseStrict } from "@tributary/protocol/schemas";
import { inWordsOf, settingWords } from "../files/advice.ts";
import { messageOf } from "../files/unreadable.ts";
import { joinExamples, joinedPartition } from "../partition/join-examples.ts";
import { readTable } from "../tables/read-table.ts";
import { checkDataset } from "./check-dataset.ts";
import { dataOptions, type DataInput, type DataOptions } from "./data-options.ts";
import type { Dataset, UndividedDataset } from "./dataset.ts";
import { BY_FILE, examplesOfTables } from "./examples-of-tables.ts";
import { USUAL_HELD_OUT, type HeldOut } from "./held-out.ts";
import { holdOutEnd } from "./hold-out-end.ts";
import { loadData, readingUnder, type ReadingOptions, type TableDataset } from "./load-data.ts";
import { isPattern, matchingFiles } from "./matching-files.ts";
import { publishedFolder } from "./published.ts";
import { drawSynthetic } from "./synthetic.ts";
import { drawWriters } from "./writers.ts";

/** What opening a data set depends on besides its options. */
export interface OpenDatasetDeps {
  /** The folder that relative paths begin in; the working directory if left out. */
  readonly folder?: string;
  /** What tables or text become; drafted from the tables, or windows of bytes, if left out. */
  readonly contract?: DataContract | undefined;
}

/**
 * Makes a data set of a module of one's own: see `data: { name: module }`.
 * @param options - What the experiment file says below `data.options`.
 * @param folder - The folder of the experiment file.
 */
export type DatasetMaker = (
  options: Readonly<Record<string, unknown>>,
  folder: string,
) => Dataset | Promise<Dataset>;

/**
 * Opens the data set that an experiment names.
 * @throws TributaryError `BAD_PARAMETER` when the options are not valid or do not suit the data;
 *   `DATA_UNREADABLE` when the data is not there, with the command that fetches it, or is not as it
 *   should be.
 */
export async function openDataset(input: DataInput, deps: OpenDatasetDeps = {}): Promise<Dataset> {
  const options = parseStrict(dataOptions, input, { code: "BAD_PARAMETER", what: "The data" });
  try {
    return await opened(options, deps);
  } catch (error) {
    throw inWordsOf(error, (use) => `data.${settingWords(use)}`);
  }
}

async function opened(options: DataOptions, deps: OpenDatasetDeps): Promise<Dataset> {
  const at = (path: string): string => resolve(deps.folder ?? ".", path);
  switch (options.name) {
    case "mnist":
    case "fashion-mnist":
    case "cifar-10":
    case "shakespeare": {
      const { name, path } = options;
      const folder = path === undefined ? publishedFolder(name, "data.path") : at(path);
      const asked = "window" in options ? { window: options.window } : {};
      const reading = readingUnder(deps.contract, asked);
      return { ...divided(await loadData(folder, reading), folder), name };
    }
    case "writers":
      return writersDataset(options);
    case "synthetic":
      return drawSynthetic({ ...options, random: seeded(options.seed) });
    case "module":
      return fromModule(at(options.path), options.options, deps.folder ?? ".");
    default:
      return fromFiles(at(options.path), options, deps.contract);
  }
}

const seeded = (seed: number): RandomSource => seededRandom(createNodeCryptoProvider(), seed);

function writersDataset(options: Extract<DataOptions, { name: "writers" }>): Dataset {
  const { clients, test } = drawWriters({ ...options, random: seeded(options.seed) });
  return {
    ...{ name: "writers", classCount: 10, test, train: joinExamples(clients) },
    clients: {
      names: clients.map((_, writer) => `writer ${writer}`),
      train: joinedPartition(clients),
    },
  };
}

/** Options of files: those of reading and those of drafting a contract stand beside each other. */
type FileOptions = Extract<DataOptions, { name?: "files" }>;

async function fromFiles(
  path: string,
  options: FileOptions,
  contract: DataContract | undefined,
): Promise<Dataset> {
  const data = isPattern(path)
    ? await readTables(path, options)
    : await loadData(path, readingUnder(contract, options));
  if ("tables" in data) {
    if (contract?.type === "text") {
      throw new TributaryError(
        "DATA_UNREADABLE",
        `${path} has tables, and the task's data contract is about text`,
        { remedy: "Give text, or describe the tables in the section `examples` of the task." },
      );
    }
    const client = options.client ?? (data.tables.length > 1 ? BY_FILE : undefined);
    const heldOut = heldOutOf(options, data, client);
    return examplesOfTables(data, { client, draft: options, contract, heldOut });
  }
  const meant = ["name", "path", "window", ...("examples" in data ? ["heldOut"] : [])];
  const useless = Object.keys(options).find((key) => !meant.includes(key));
  if (useless === undefined) return divided(data, path, options.heldOut);
  throw new TributaryError(
    "BAD_PARAMETER",
    `data.${useless} is given, but ${path} is not of tables`,
    { remedy: "Leave it out: a data set of another kind decides this itself." },
  );
}

/**
 * What is held out of tables.
 * @throws TributaryError `BAD_PARAMETER` when the data leaves nothing to choose.
 */
function heldOutOf(
  { heldOut, heldOutOf: of }: FileOptions,
  { test, name }: TableDataset,
  client: string | undefined,
): HeldOut {
  const given = heldOut === undefined ? of && "heldOutOf" : "heldOut";
  const fault =
    given !== undefined && test !== undefined
      ? `data.${given} is given, but ${name} has a table test`
      : of === "client" &&
        client === undefined &&
        "data.heldOutOf is client, but the data has no clients";
  if (fault !== false) {
    throw new TributaryError("BAD_PARAMETER", fault, {
      remedy: "Leave it out, or name the column of the clients in data.client.",
    });
  }
  return { share: heldOut ?? USUAL_HELD_OUT.share, of: of ?? USUAL_HELD_OUT.of };
}

async function readTables(pattern: string, reading: ReadingOptions): Promise<TableDataset> {
  const files = await matchingFiles(pattern);
  const tables = await Promise.all(files.map((file) => readTable(file, reading)));
  return { name: basename(dirname(pattern)), tables, test: undefined };
}

/** A data set with examples to test on, which has no tables. */
function divided(
  data: Dataset | UndividedDataset | TableDataset,
  path: string,
  heldOut?: number,
): Dataset {
  if ("examples" in data) return holdOutEnd(data, heldOut);
  if ("train" in data) return data;
  throw new TributaryError(
    "DATA_UNREADABLE",
    `${path} has tables, and not the files of the data set`,
    {
      remedy:
        "Give the path of the folder that holds its files, or leave the name out to use tables.",
    },
  );
}

async function fromModule(
  path: string,
  options: Readonly<Record<string, unknown>>,
  folder: string,
): Promise<Dataset> {
  const refuse = (fault: string, cause?: unknown): never => {
    throw new TributaryError("DATA_UNREADABLE", `The module ${path} ${fault}`, {
      remedy: "Give a JavaScript module whose default export is a function that makes a data set.",
      cause,
    });
  };
  let make: unknown;
  try {
    ({ default: make } = (await import(pathToFileURL(path).href)) as { readonly default: unknown });
  } catch (error) {
    refuse(`cannot be loaded (${messageOf(error)})`, error);
  }
  if (typeof make !== "function") return refuse("has no function as its default export");
  try {
    return checkDataset(await (make as DatasetMaker)(options, folder), path);
  } catch (error) {
    if (isTributaryError(error)) throw error;
    return refuse(`failed (${messageOf(error)})`, error);
  }
}
