import { levelKey, numberOf } from "@tributary/protocol";
import type { Advice } from "../files/advice.ts";
import { unreadable } from "../files/unreadable.ts";
import type { TextTable } from "../tables/text-table.ts";
import type { TributaryError } from "@tributary/protocol";

/** A cell, and where it stands. */
export interface PlacedCell {
  readonly cell: string;
  readonly table: TextTable;
  readonly row: number;
}

/** What a column of several tables holds. */
export interface ColumnValues {
  readonly name: string;
  /** The cells that are not missing and hold numbers, as numbers, in their order. */
  readonly numbers: readonly number[];
  /** The first cell that is neither missing nor a number. */
  readonly firstWord: PlacedCell | undefined;
  /** The first number, and the first cell that has no value. */
  readonly firstNumber: PlacedCell | undefined;
  readonly firstMissing: PlacedCell | undefined;
}

/** All cells of a column, table by table. */
export function* cellsOf(tables: readonly TextTable[], name: string): Generator<PlacedCell> {
  for (const table of tables) {
    const column = table.columns.indexOf(name);
    for (const [row, cells] of table.rows.entries()) yield { cell: cells[column]!, table, row };
  }
}

/** Reads a column's numbers, and finds the first cell of each other kind. */
export function readColumn(
  tables: readonly TextTable[],
  name: string,
  missing: ReadonlySet<string>,
): ColumnValues {
  const numbers: number[] = [];
  let firstWord: PlacedCell | undefined;
  let firstNumber: PlacedCell | undefined;
  let firstMissing: PlacedCell | undefined;
  for (const placed of cellsOf(tables, name)) {
    const number = numberOf(placed.cell);
    if (missing.has(placed.cell)) firstMissing ??= placed;
    else if (number === undefined) firstWord ??= placed;
    else {
      firstNumber ??= placed;
      numbers.push(number);
    }
  }
  return { name, numbers, firstWord, firstNumber, firstMissing };
}

/** A text of a column, in the one way in which it is written, and how often it occurs. */
export interface Word {
  readonly text: string;
  readonly first: PlacedCell;
  count: number;
}

/**
 * The different texts of a column, numbers first, by size, then words, by their character codes.
 * Unlike an order by language, it is the same on every machine.
 */
export function wordsOf(
  tables: readonly TextTable[],
  name: string,
  missing: ReadonlySet<string>,
): Word[] {
  const words = new Map<string, Word>();
  for (const placed of cellsOf(tables, name)) {
    if (missing.has(placed.cell)) continue;
    const text = levelKey(placed.cell);
    const word = words.get(text);
    if (word === undefined) words.set(text, { text, first: placed, count: 1 });
    else word.count += 1;
  }
  return [...words.values()].sort((a, b) => byValue(a.text, b.text));
}

function byValue(a: string, b: string): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x - y;
  if (x === undefined && y === undefined) return a < b ? -1 : 1;
  return x === undefined ? 1 : -1;
}

/** The error for a cell that is not as it should be. */
export function faultAt(
  { table, row }: PlacedCell,
  column: string,
  fault: string,
  remedy: string | Advice,
): TributaryError {
  return unreadable(table.source, fault, { remedy, line: table.lines[row]!, column });
}

/** A cell as a message shows it. */
export const shown = ({ cell }: PlacedCell): string => JSON.stringify(cell.slice(0, 60));
