import { TributaryError, type TableContract } from "@tributary/protocol";
import {
  mapTable,
  takeRows,
  type Cell,
  type Division,
  type ExampleTable,
  type MappedTable,
} from "@tributary/client-sdk";
import { draftContract, type DraftOptions } from "../contract/draft-contract.ts";
import { joinExamples } from "../partition/join-examples.ts";
import { gatherRows, type Partition } from "../partition/partition.ts";
import { unreadable } from "../files/unreadable.ts";
import type { TextTable } from "../tables/text-table.ts";
import type { Dataset, NaturalClients } from "./dataset.ts";
import { USUAL_HELD_OUT, holdOutEvenly, type HeldOut } from "./held-out.ts";
import type { TableDataset } from "./load-data.ts";

/** The value of `client` for which each table is the data of one client. */
export const BY_FILE = "file";

/** What to make of tables. */
export interface TabularOptions {
  /** The column whose values are the clients, or `file`; left out: the data has no clients. */
  readonly client?: string | undefined;
  /** How to draft a contract. */
  readonly draft?: DraftOptions;
  /** The contract to follow; without it one is drafted from all tables. */
  readonly contract?: TableContract | undefined;
  /** Which rows are held out, unless the data set has a table for that; a fifth if left out. */
  readonly heldOut?: HeldOut;
}

/** A data set of tables. */
export interface TabularDataset extends Dataset {
  /** What the columns have become. */
  readonly contract: TableContract;
  /** How many rows were left out, and how many values filled in, by column. */
  readonly mapped: Pick<MappedTable, "dropped" | "filled">;
}

/**
 * Makes examples of tables and holds out some rows for testing, unless the data set has a table for
 * it.
 * @throws TributaryError `DATA_UNREADABLE` or `EXAMPLES_INVALID` when a table is not as it should be.
 */
export async function examplesOfTables(
  { name, tables, test }: TableDataset,
  { client, draft = {}, contract: given, heldOut = USUAL_HELD_OUT }: TabularOptions,
): Promise<TabularDataset> {
  const column = client === BY_FILE ? undefined : client;
  const ignore = [...(draft.ignore ?? []), ...(column === undefined ? [] : [column])];
  const contract = given ?? draftContract(tables, { ...draft, ignore });
  if (column !== undefined) requireClients(tables, column);
  const divided = test === undefined ? divideAll(tables, column, heldOut) : undefined;
  const parts = divided?.map((part) => part.train) ?? tables;
  const train = await mapAll(parts, contract);
  const tested = await mapAll(divided?.map((part) => part.heldOut) ?? [test!], contract);
  return {
    ...{ name, contract, classCount: contract.label.classes?.length ?? 0 },
    ...{ train: train.examples, test: tested.examples, table: train.table },
    mapped: { dropped: sumOf("dropped", train, tested), filled: sumOf("filled", train, tested) },
    ...(client === undefined ? {} : { clients: clientsOf(client, parts, train, tested) }),
  };
}

/** @throws TributaryError `DATA_UNREADABLE` unless each row says whose it is. */
function requireClients(tables: readonly TextTable[], column: string): void {
  for (const { source, columns, rows, lines } of tables) {
    const place = columns.indexOf(column);
    if (place === -1) {
      throw unreadable(source, `has no column ${column} that says whose a row is`, {
        remedy: `Use one of ${columns.slice(0, 40).join(", ")}.`,
      });
    }
    const nobodys = rows.findIndex((cells) => cells[place] === "");
    if (nobodys === -1) continue;
    throw unreadable(source, "does not say whose a row is", {
      ...{ line: lines[nobodys]!, column },
      remedy: "Fill it in, or delete the row.",
    });
  }
}

/**
 * Divides tables into rows to train on and rows to measure on.
 * @param column - The one whose values are the clients, if there is one.
 * @throws TributaryError `DATA_UNREADABLE` when no row of a table, or of any client, can be held out.
 */
function divideAll(
  tables: readonly TextTable[],
  column: string | undefined,
  { share, of }: HeldOut,
): readonly Division<ExampleTable>[] {
  return tables.map((table) => {
    const byClient = of === "client" && column !== undefined;
    const owners = byClient ? ownersOf(table, column) : table.rows.map(() => "");
    const { train, heldOut } = holdOutEvenly(owners, share);
    if (heldOut.length > 0) {
      return { train: takeRows(table, train), heldOut: takeRows(table, heldOut) };
    }
    const least = Math.ceil(1 / share);
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${table.source} has only ${table.rows.length} rows${byClient ? ", too few of every client" : ""}`,
      {
        remedy: `Give at least ${least} rows${byClient ? " of a client" : ""}: one in ${least} is held out for testing.`,
      },
    );
  });
}

/** The client of each row. */
function ownersOf({ columns, rows }: ExampleTable, column: string): readonly string[] {
  const place = columns.indexOf(column);
  return rows.map((cells) => String(cells[place]));
}

/** Several tables as one. */
interface MappedTables extends Pick<MappedTable, "examples" | "dropped" | "filled"> {
  /** The rows that the examples are of, in the columns of the first table. */
  readonly table: ExampleTable;
  /** Where each table is from, and how many of the rows are its. */
  readonly sources: readonly string[];
  readonly sizes: readonly number[];
}

async function mapAll(
  tables: readonly ExampleTable[],
  contract: TableContract,
): Promise<MappedTables> {
  const mapped: MappedTable[] = [];
  for (const table of tables) mapped.push(await mapTable(table, contract));
  const { columns } = tables[0]!;
  const rows = tables.flatMap((table, i) => inColumns(takeRows(table, mapped[i]!.rows), columns));
  return {
    examples: joinExamples(mapped.map(({ examples }) => examples)),
    table: { columns, rows },
    sources: tables.map(({ source }, file) => source ?? String(file)),
    sizes: mapped.map(({ rows: used }) => used.length),
    dropped: sumOf("dropped", ...mapped),
    filled: sumOf("filled", ...mapped),
  };
}

/** The rows with their cells in the order of these columns. */
function inColumns(table: ExampleTable, columns: readonly string[]): readonly (readonly Cell[])[] {
  const places = columns.map((column) => table.columns.indexOf(column));
  if (places.every((place, index) => place === index)) return table.rows;
  return table.rows.map((cells) => places.map((place) => cells[place] ?? null));
}

function sumOf<Key extends "dropped" | "filled">(
  key: Key,
  ...parts: readonly Pick<MappedTable, Key>[]
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const part of parts) {
    for (const [column, count] of part[key]) sums.set(column, (sums.get(column) ?? 0) + count);
  }
  return sums;
}

/**
 * Whose the examples are. Clients stand in the order in which the rows to train on name them; one
 * that only rows to test on name is left out.
 * @param parts - The tables that are trained on, with the rows that no example was made of.
 */
function clientsOf(
  client: string,
  parts: readonly ExampleTable[],
  train: MappedTables,
  tested: MappedTables,
): NaturalClients {
  const owners = ({ table, sources, sizes }: MappedTables): readonly string[] => {
    if (client === BY_FILE) {
      return sizes.flatMap((size, file) => Array<string>(size).fill(sources[file]!));
    }
    return ownersOf(table, client);
  };
  const named = parts.flatMap((part) => [...ownersOf(part, client)]);
  const names = [...new Set(client === BY_FILE ? train.sources : named)];
  const indices = new Map(names.map((name, index) => [name, index]));
  const byClient = (mapped: MappedTables): Partition =>
    gatherRows(
      Uint32Array.from(owners(mapped), (name) => indices.get(name) ?? names.length),
      names.length,
    );
  return { names, train: byClient(train), test: byClient(tested) };
}
