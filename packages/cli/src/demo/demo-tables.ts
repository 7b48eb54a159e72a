import { TributaryError, type DataContract } from "@tributary/protocol";
import {
  holdOut,
  mapTable,
  takeRows,
  type ExampleTable,
  type Examples,
} from "@tributary/client-sdk";
import { draftContract, joinExamples, type TableDataset } from "@tributary/simulator";
import { describeMapped, describeTable } from "../datasets/describe-table.ts";
import { onlyTable } from "../datasets/named-dataset.ts";
import type { DemoData, DemoDataRequest } from "./demo-data.ts";

/** The share of examples on which models are measured, unless the data set keeps them apart. */
export const TEST_SHARE = 0.2;

/** The value of `--by` for which each table of a folder is the data of one client. */
const BY_FILE = "file";

/** Examples that have yet to be dealt out. */
export interface UndealtData extends Omit<DemoData, "clients"> {
  readonly train: Examples;
}

/**
 * Makes examples of tables, by the contract that is given or by one that is drafted from all tables,
 * and holds out every fifth row for testing. Tables are often sorted; this takes rows from all
 * parts.
 * @returns Each client's examples if `by` is given, else those of all of them.
 */
export async function dealTables(
  dataset: TableDataset,
  { by, tables: { draft }, contract: given }: DemoDataRequest,
): Promise<DemoData | UndealtData> {
  const { name, tables, test } = dataset;
  const used = by === BY_FILE ? tables : [onlyTable(dataset)];
  const isColumn = by !== undefined && by !== BY_FILE;
  const contract =
    given ??
    draftContract(used, isColumn ? { ...draft, ignore: [...(draft.ignore ?? []), by] } : draft);
  const parts = used.map((table) =>
    test === undefined ? divide(table) : { train: table, heldOut: test },
  );
  const mapping = new Mapping(contract);
  const heldOut = test === undefined ? parts.map((part) => part.heldOut) : [test];
  const shared = { name, contract, classCount: contract.label.classes?.length ?? 0 };
  const train = parts.map((part) => part.train);
  const clients = await mapping.each(isColumn ? train.flatMap((t) => byColumn(t, by)) : train);
  const tested = joinExamples(await mapping.each(heldOut));
  const notes = [...used.map(describeTable), ...mapping.notes()];
  return by === undefined
    ? { ...shared, notes, test: tested, train: clients[0]! }
    : { ...shared, notes, test: tested, clients };
}

function divide(table: ExampleTable): { train: ExampleTable; heldOut: ExampleTable } {
  const least = Math.round(1 / TEST_SHARE);
  if (table.rows.length >= least) return holdOut(table, TEST_SHARE);
  throw new TributaryError(
    "DATA_UNREADABLE",
    `${table.source} has only ${table.rows.length} rows`,
    { remedy: `Give a table of at least ${least} rows: every fifth row is held out for testing.` },
  );
}

/** The rows of each value of a column, in the order in which the values come. */
function byColumn(table: ExampleTable, column: string): ExampleTable[] {
  const position = table.columns.indexOf(column);
  const rows = new Map<string, number[]>();
  for (const [row, cells] of table.rows.entries()) {
    const value = String(cells[position]);
    const others = rows.get(value);
    if (others === undefined) rows.set(value, [row]);
    else others.push(row);
  }
  return [...rows.values()].map((indices) => takeRows(table, indices));
}

/** Makes examples of tables under one contract, and counts what becomes of their rows. */
class Mapping {
  readonly #contract: DataContract;
  readonly #dropped = new Map<string, number>();
  readonly #filled = new Map<string, number>();

  constructor(contract: DataContract) {
    this.#contract = contract;
  }

  async each(tables: readonly ExampleTable[]): Promise<Examples[]> {
    const mapped: Examples[] = [];
    for (const table of tables) {
      const { examples, dropped, filled } = await mapTable(table, this.#contract);
      add(this.#dropped, dropped);
      add(this.#filled, filled);
      mapped.push(examples);
    }
    return mapped;
  }

  notes(): string[] {
    const text = describeMapped({ dropped: this.#dropped, filled: this.#filled });
    return text === undefined ? [] : [text];
  }
}

function add(total: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [column, count] of counts) total.set(column, (total.get(column) ?? 0) + count);
}
