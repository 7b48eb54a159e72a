import { TributaryError, seededRandom, type RandomSource } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  holdOut,
  takeExamples,
  takeRows,
  type ExampleStore,
  type ExampleTable,
  type Examples,
} from "@tributary/client-sdk";
import { drawWriter, iidPartition, rowsOf } from "@tributary/simulator";
import { describeTable } from "./describe-table.ts";
import { isOfTables, loadNamedDataset, onlyTable } from "./named-dataset.ts";
import { storeOfTable } from "./store-of-table.ts";
import type { TableChoices } from "./table-flags.ts";
import { areOfText, textReader, type ReadDataset } from "./text-reader.ts";

/** What a client has of its own. */
export interface OwnData<Data = Examples | ExampleStore> {
  readonly train: Data;
  /** What it evaluates on; undefined if it holds out nothing. */
  readonly heldOut: Data | undefined;
}

/** What to load, and how much of it. */
export interface OwnDataRequest {
  /** `writers`, the name of a published data set, or the path of a folder, of a file with a table or of a text. */
  readonly source: string;
  readonly tables: TableChoices;
  /** One of equal parts of the data, counted from 0; all of it if left out. */
  readonly part: { readonly index: number; readonly count: number } | undefined;
  /** The share of the data that is held out; nothing if left out. */
  readonly holdOut: number | undefined;
}

/**
 * Loads the data of a client. Tables and text become examples as the data contract of each task says. Without
 * one, a contract is drafted from the client's own table.
 * @param random - Draws the digits of `writers`.
 * @param say - Is told what was found out about a table.
 * @throws TributaryError `DATA_UNREADABLE` when the data is not there, cannot be read or is not
 *   enough for its parts; `BAD_PARAMETER` when `writers` is to be divided.
 */
export async function ownData(
  request: OwnDataRequest,
  random: RandomSource,
  say: (line: string) => void,
): Promise<OwnData> {
  const { source, tables, part, holdOut: fraction } = request;
  if (source === "writers") {
    if (part === undefined) return divide(drawWriter(random.derive("writer"), 300), fraction);
    throw new TributaryError("BAD_PARAMETER", "--part is given, but writers has no parts", {
      remedy: "Leave --part out: each client draws a writer of its own.",
    });
  }
  const data = await loadNamedDataset(source, tables.reading);
  if (!isOfTables(data)) return ownExamples(data, request);
  const whole = onlyTable(data);
  say(describeTable(whole));
  const indices = indicesOf(part, whole.rows.length, source);
  const rows = indices === undefined ? whole : takeRows(whole, indices);
  const storeOf = (table: ExampleTable): ExampleStore =>
    storeOfTable(table, { whole, draft: tables.draft, say });
  if (fraction === undefined) return { train: storeOf(rows), heldOut: undefined };
  const divided = holdOut(rows, fraction);
  return { train: storeOf(divided.train), heldOut: storeOf(divided.heldOut) };
}

/** Takes the client's part of examples. Those of text are made again for each data contract. */
function ownExamples(
  data: ReadDataset,
  { source, tables: { reading }, part, holdOut: fraction }: OwnDataRequest,
): OwnData {
  const trainOf = (of: ReadDataset): Examples => ("examples" in of ? of.examples : of.train);
  const ownOf = (train: Examples): OwnData<Examples> => {
    const indices = indicesOf(part, train.count, source);
    return divide(indices === undefined ? train : takeExamples(train, indices), fraction);
  };
  const all = trainOf(data);
  const usual = ownOf(all);
  if (!areOfText(all)) return usual;
  const read = textReader({ source, reading }, all, trainOf);
  const storeOf = (
    { count }: Examples,
    choose: (own: OwnData<Examples>) => Examples,
  ): ExampleStore => ({
    count: () => Promise.resolve(count),
    load: async (_signal, contract) => choose(ownOf(await read(contract))),
  });
  return {
    train: storeOf(usual.train, ({ train }) => train),
    heldOut: usual.heldOut && storeOf(usual.heldOut, ({ heldOut }) => heldOut!),
  };
}

function divide(examples: Examples, fraction: number | undefined): OwnData<Examples> {
  return fraction === undefined
    ? { train: examples, heldOut: undefined }
    : holdOut(examples, fraction);
}

/** The indices of a part of the data; undefined for all of it. */
function indicesOf(
  part: OwnDataRequest["part"],
  count: number,
  source: string,
): Uint32Array | undefined {
  if (part === undefined) return undefined;
  if (count < part.count) {
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${source} has ${count} examples, fewer than the ${part.count} parts`,
      { remedy: "Divide it into fewer parts." },
    );
  }
  // All clients of one data set must divide it in the same way, whatever their own seeds are.
  const split = seededRandom(createNodeCryptoProvider(), part.count);
  return rowsOf(iidPartition(count, part.count, split), part.index);
}
