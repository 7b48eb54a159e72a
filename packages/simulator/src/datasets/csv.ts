// Reads data sets from CSV files.
import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import type { Examples } from "@tributary/client-sdk";
import { TributaryError } from "@tributary/protocol";
import { standardizeColumns } from "./standardize.ts";

/** How to read a table. */
export interface CsvOptions {
  /**
   * The column with the labels, that is, the values to predict: its name, or its number counted
   * from 0. A negative number counts from the end. Default −1, the last column.
   */
  readonly label?: string | number;
  /** Whether labels are class names, or numbers to predict. Default `class`. */
  readonly labelKind?: "class" | "value";
  /**
   * The class names, in the order of their indices. By default all that occur in the table: numbers
   * first, by size, then words, by their character codes.
   */
  readonly classes?: readonly string[];
  /** Columns that are not features, by name or number. */
  readonly ignore?: readonly (string | number)[];
  /**
   * Whether the first row holds the names of the columns. By default it does when none of its cells
   * is a number or missing.
   */
  readonly header?: boolean;
  /**
   * What to do with a row that has a missing cell (empty or `?`): refuse the table, which is the
   * default, or leave the row out.
   */
  readonly incomplete?: "refuse" | "drop";
  /** Whether to shift and scale each feature to mean 0 and standard deviation 1. Default false. */
  readonly standardize?: boolean;
  /** The character between two cells. Default a comma. */
  readonly delimiter?: string;
}

/** A table that was read. */
export interface CsvTable {
  /** Features have the shape [number of feature columns]. Labels are class indices, or values. */
  readonly examples: Examples;
  /** Names of the feature columns, in order; their numbers when the table has no header. */
  readonly featureNames: readonly string[];
  /** The name of each class; empty when labels are values. */
  readonly classNames: readonly string[];
  /** How many rows were left out because a cell was missing. */
  readonly dropped: number;
}

interface Row {
  readonly cells: readonly string[];
  /** The row's line in the file, counted from 1, for error messages. */
  readonly line: number;
}

/** A file's rows without the header, and the names of its columns. */
interface Table {
  readonly file: string;
  readonly names: readonly string[];
  readonly rows: readonly Row[];
}

/**
 * Reads a table of numbers with a column of labels.
 * @throws TributaryError `DATA_UNREADABLE` when the file cannot be read or a cell is not as it
 *   should be; the message names the file, and the line and column of the cell.
 */
export async function readCsv(file: string, options: CsvOptions = {}): Promise<CsvTable> {
  const table = splitHeader(
    file,
    parseRows(await readText(file), file, options.delimiter ?? ","),
    options.header,
  );
  const { names, rows } = table;
  const labelColumn = columnIndex(options.label ?? -1, table);
  const ignored = new Set(options.ignore?.map((column) => columnIndex(column, table)));
  const featureColumns = names
    .map((_, column) => column)
    .filter((column) => column !== labelColumn && !ignored.has(column));
  const complete = completeRows(table, [...featureColumns, labelColumn], options.incomplete);
  const features = readFeatures(complete, featureColumns);
  if (options.standardize === true) standardizeColumns(features, featureColumns.length);
  const { labels, classNames } = readLabels(complete, labelColumn, options);
  return {
    examples: {
      features,
      featureShape: [featureColumns.length],
      labels,
      labelShape: [],
      count: complete.rows.length,
    },
    featureNames: featureColumns.map((column) => names[column]!),
    classNames,
    dropped: rows.length - complete.rows.length,
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw fault(
      file,
      `cannot be read (${messageOf(error)})`,
      "Give the path of a CSV file.",
      error,
    );
  }
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
        // The parser need not collect the records as well.
        return null;
      },
    });
  } catch (error) {
    throw fault(
      file,
      `is not a valid table (${messageOf(error)})`,
      "Give all rows the same number of columns.",
      error,
    );
  }
  return rows;
}

/** Separates the header from the rows, if there is one. Otherwise columns are numbered from 0. */
function splitHeader(file: string, rows: readonly Row[], header: boolean | undefined): Table {
  const first = rows[0];
  if (first === undefined) throw fault(file, "is empty", "Give a table with examples.");
  const isHeader =
    header ?? first.cells.every((cell) => !isMissing(cell) && Number.isNaN(Number(cell)));
  return isHeader
    ? { file, names: first.cells, rows: rows.slice(1) }
    : { file, names: first.cells.map((_, column) => String(column)), rows };
}

/** Finds a column by its name or number. */
function columnIndex(column: string | number, { file, names }: Table): number {
  const index =
    typeof column === "string"
      ? names.indexOf(column)
      : column < 0
        ? names.length + column
        : column;
  if (names[index] !== undefined) return index;
  throw fault(file, `has no column ${column}`, `Use one of ${names.slice(0, 40).join(", ")}.`);
}

/**
 * Leaves out the rows with a missing cell, or refuses the table because of them.
 * @param columns - The columns that are used. Cells of other columns may be missing.
 */
function completeRows(
  table: Table,
  columns: readonly number[],
  incomplete: CsvOptions["incomplete"],
): Table {
  const { file, names } = table;
  const rows = table.rows.filter((row) => {
    const missing = columns.find((column) => isMissing(row.cells[column]!));
    if (missing !== undefined && incomplete !== "drop") {
      throw fault(
        file,
        `has no value in line ${row.line}, column ${names[missing]}`,
        "Fill it in, ignore the column, or choose to drop incomplete rows.",
      );
    }
    return missing === undefined;
  });
  if (rows.length === 0) throw fault(file, "has no rows of data", "Give a table with examples.");
  return { ...table, rows };
}

/** Reads the feature columns. @returns New Float32, row-major, shape [rows, columns]. */
function readFeatures(table: Table, columns: readonly number[]): Float32Array {
  const features = new Float32Array(table.rows.length * columns.length);
  table.rows.forEach((row, index) => {
    columns.forEach((column, position) => {
      features[index * columns.length + position] = numberIn(row, column, table);
    });
  });
  return features;
}

/** Reads the labels as numbers, or as indices of class names. */
function readLabels(
  table: Table,
  column: number,
  { labelKind = "class", classes }: CsvOptions,
): { labels: Float32Array | Int32Array; classNames: readonly string[] } {
  const { file, names, rows } = table;
  if (labelKind === "value") {
    return {
      labels: Float32Array.from(rows, (row) => numberIn(row, column, table)),
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
      `has the unknown class ${cells[column]!.slice(0, 60)} in line ${line}, column ${names[column]}`,
      `Use one of ${classNames.slice(0, 40).join(", ")}.`,
    );
  });
  return { labels, classNames };
}

/**
 * Orders class names: numbers by size, before words by character codes. Unlike an order by
 * language, it is the same on every machine, so that class indices are too.
 */
function byValue(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  return a < b ? -1 : 1;
}

/** Reads a cell as a number that is finite in float32. */
function numberIn(row: Row, column: number, { file, names }: Table): number {
  const cell = row.cells[column]!;
  const value = Number(cell);
  if (Number.isFinite(Math.fround(value))) return value;
  throw fault(
    file,
    `has ${JSON.stringify(cell.slice(0, 60))} in line ${row.line}, column ${names[column]}, which is not a number`,
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
