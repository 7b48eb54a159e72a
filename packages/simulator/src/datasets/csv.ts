import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import type { Examples } from "@tributary/client-sdk";
import { TributaryError } from "@tributary/protocol";
import { standardizeColumns } from "./standardize.ts";

/** How to read a table. */
export interface CsvOptions {
  /** The column to predict, by name or by number from 0; negative numbers count from the end. Default −1, the last. */
  readonly label?: string | number;
  /** Whether labels are classes, numbered in the order of `classes`, or values. Default `class`. */
  readonly labelKind?: "class" | "value";
  /** Names of the classes in order; by default all that occur, numbers by size and words by alphabet. */
  readonly classes?: readonly string[];
  /** Columns that are no features, by name or number. */
  readonly ignore?: readonly (string | number)[];
  /** Whether the first row names the columns; by default it does if no cell of it is a number or missing. */
  readonly header?: boolean;
  /** What to do with a row that lacks a cell (empty or `?`): refuse the table, the default, or leave the row out. */
  readonly incomplete?: "refuse" | "drop";
  /** Shifts and scales every feature to mean 0 and deviation 1 over this table. Default false. */
  readonly standardize?: boolean;
  /** Default a comma. */
  readonly delimiter?: string;
}

export interface CsvTable {
  /** Features have the shape [number of feature columns]; labels are class indices or values. */
  readonly examples: Examples;
  readonly featureNames: readonly string[];
  /** Name of each class; empty for values. */
  readonly classNames: readonly string[];
  /** Rows that were left out as incomplete. */
  readonly dropped: number;
}

interface Row {
  readonly cells: readonly string[];
  /** Line of the file, from 1, for messages. */
  readonly line: number;
}

/**
 * Reads a table of numbers with a column to predict.
 * @throws TributaryError `DATA_UNREADABLE` naming the file, and the line and column of a cell at fault.
 */
export async function readCsv(file: string, options: CsvOptions = {}): Promise<CsvTable> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw fault(
      file,
      `cannot be read (${messageOf(error)})`,
      "Give the path of a CSV file.",
      error,
    );
  }
  const rows = parseRows(text, file, options.delimiter ?? ",");
  const names = columnNames(rows, file, options.header);
  const labelColumn = columnIndex(options.label ?? -1, names, file);
  const ignored = new Set(options.ignore?.map((column) => columnIndex(column, names, file)));
  const featureColumns = names
    .map((_, column) => column)
    .filter((column) => column !== labelColumn && !ignored.has(column));
  const used = [...featureColumns, labelColumn];
  const complete = rows.filter((row) => {
    const missing = used.find((column) => isMissing(row.cells[column]!));
    if (missing !== undefined && options.incomplete !== "drop") {
      throw fault(
        file,
        `has no value in line ${row.line}, column ${names[missing]}`,
        "Fill it in, ignore the column, or have incomplete rows left out.",
      );
    }
    return missing === undefined;
  });
  if (complete.length === 0)
    throw fault(file, "has no rows of data", "Give a table with examples.");

  const features = new Float32Array(complete.length * featureColumns.length);
  complete.forEach((row, index) => {
    featureColumns.forEach((column, position) => {
      features[index * featureColumns.length + position] = numberIn(row, column, names, file);
    });
  });
  if (options.standardize === true) standardizeColumns(features, featureColumns.length);
  const { labels, classNames } = readLabels(complete, labelColumn, names, file, options);
  return {
    examples: {
      features,
      featureShape: [featureColumns.length],
      labels,
      labelShape: [],
      count: complete.length,
    },
    featureNames: featureColumns.map((column) => names[column]!),
    classNames,
    dropped: rows.length - complete.length,
  };
}

function parseRows(text: string, file: string, delimiter: string): Row[] {
  const rows: Row[] = [];
  try {
    parse(text, {
      bom: true,
      delimiter,
      skip_empty_lines: true,
      trim: true,
      on_record: (cells: string[], { lines }) => {
        rows.push({ cells, line: lines });
        return null;
      },
    });
  } catch (error) {
    throw fault(
      file,
      `is not a sound table (${messageOf(error)})`,
      "Give every row the same columns.",
      error,
    );
  }
  return rows;
}

/** Takes the header off `rows` if there is one; numbers columns from 0 otherwise. */
function columnNames(rows: Row[], file: string, header: boolean | undefined): readonly string[] {
  const first = rows[0];
  if (first === undefined) throw fault(file, "is empty", "Give a table with examples.");
  const isHeader =
    header ?? first.cells.every((cell) => !isMissing(cell) && Number.isNaN(Number(cell)));
  if (!isHeader) return first.cells.map((_, column) => String(column));
  rows.shift();
  return first.cells;
}

function columnIndex(column: string | number, names: readonly string[], file: string): number {
  const index =
    typeof column === "string"
      ? names.indexOf(column)
      : column < 0
        ? names.length + column
        : column;
  if (names[index] !== undefined) return index;
  throw fault(file, `has no column ${column}`, `Use one of ${names.slice(0, 40).join(", ")}.`);
}

function readLabels(
  rows: readonly Row[],
  column: number,
  names: readonly string[],
  file: string,
  { labelKind = "class", classes }: CsvOptions,
): { labels: Float32Array | Int32Array; classNames: readonly string[] } {
  if (labelKind === "value") {
    return {
      labels: Float32Array.from(rows, (row) => numberIn(row, column, names, file)),
      classNames: [],
    };
  }
  const classNames = classes ?? [...new Set(rows.map(({ cells }) => cells[column]!))].sort(byValue);
  const indices = new Map(classNames.map((name, index) => [name, index]));
  const labels = Int32Array.from(rows, ({ cells, line }) => {
    const index = indices.get(cells[column]!);
    if (index !== undefined) return index;
    throw fault(
      file,
      `has the class ${cells[column]!.slice(0, 60)} in line ${line}, column ${names[column]}`,
      `Use one of ${classNames.slice(0, 40).join(", ")}.`,
    );
  });
  return { labels, classNames };
}

/** Numbers by size, before words by code unit: the same order on every machine. */
function byValue(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  return a < b ? -1 : 1;
}

function numberIn(row: Row, column: number, names: readonly string[], file: string): number {
  const cell = row.cells[column]!;
  const value = Number(cell);
  if (Number.isFinite(Math.fround(value))) return value;
  throw fault(
    file,
    `has ${JSON.stringify(cell.slice(0, 60))} in line ${row.line}, column ${names[column]}, which is no number`,
    "Correct it, or ignore the column.",
  );
}

const isMissing = (cell: string): boolean => cell === "" || cell === "?";

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function fault(file: string, what: string, remedy: string, cause?: unknown): TributaryError {
  return new TributaryError("DATA_UNREADABLE", `${file} ${what}`, {
    remedy,
    context: { file },
    cause,
  });
}
