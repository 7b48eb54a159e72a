// Drafts a data contract from tables: what a person would make of their columns.
import {
  LARGEST_DEVIATION,
  type TableContract,
  type Feature,
  type Label,
  type Scaling,
} from "@tributary/protocol";
import { advise, setting, type Advice } from "../files/advice.ts";
import { unreadable } from "../files/unreadable.ts";
import { USUAL_MISSING } from "../tables/missing.ts";
import type { TextTable } from "../tables/text-table.ts";
import {
  areTooMany,
  distinctWords,
  kindOf,
  refuseNumbering,
  refuseTooManyLevels,
} from "./column-kind.ts";
import { faultAt, readColumn, shown, type ColumnValues } from "./column-values.ts";
import { refuseOtherTexts } from "./other-texts.ts";
import { fillingNumber, mostFrequent, standardScaling, type Filling } from "./filling.ts";

/** A column by its name, or by its number counted from 0; a negative number counts from the end. */
export type ColumnName = string | number;

/** What to make of the columns of a table. What is left out follows from the table. */
export interface DraftOptions {
  /** The column to predict. Default −1, the last one. */
  readonly label?: ColumnName;
  /** Whether labels are class names, or numbers to predict. Default `class`. */
  readonly labelKind?: "class" | "value";
  /** The class names, in the order of their indices. By default all that occur. */
  readonly classes?: readonly string[];
  /** The columns that are features. By default all but the label and those to ignore. */
  readonly features?: readonly ColumnName[];
  /** Columns that are not features. */
  readonly ignore?: readonly ColumnName[];
  /** Columns whose numbers are codes of categories. */
  readonly categories?: readonly ColumnName[];
  /**
   * What to do about a missing value: refuse the table, which is the default, leave out the row, or
   * fill something in. Rows without a label are never filled.
   */
  readonly incomplete?: "refuse" | "drop" | Filling;
  /** How to scale numeric features, and numbers to predict. Default `none`. */
  readonly scaling?: "none" | "standard";
}

/**
 * Drafts the contract for tables that are all at hand, such as those of a simulation: numbers become
 * numeric features and words become categories, whose levels and scalings are those of all tables
 * together.
 * @param tables - At least one, all with the same columns.
 * @throws TributaryError `DATA_UNREADABLE` when a column is nothing that a model can take, such as
 *   dates, names, or numbers with a typing error among them. The message names the file, the line
 *   and the column.
 */
export function draftContract(
  tables: readonly TextTable[],
  options: DraftOptions = {},
): TableContract {
  const missing = new Set(USUAL_MISSING);
  const label = columnOf(options.label ?? -1, tables);
  const named = (columns: readonly ColumnName[] = []): Set<string> =>
    new Set(columns.map((column) => columnOf(column, tables)));
  const ignored = named(options.ignore);
  const chosen = options.features === undefined ? undefined : named(options.features);
  const categories = named(options.categories);
  const all = tables[0]!.columns.filter((name) => name !== label);
  const used = all.filter((name) => chosen?.has(name) ?? !ignored.has(name));
  if (used.length === 0) {
    throw unreadable(tables[0]!.source, "has no column that is a feature", {
      remedy: "Give a table with a column for each feature and one for the label.",
    });
  }
  requireSameColumns(tables, [...used, label]);
  return {
    features: used.map((name) =>
      draftFeature(readColumn(tables, name, missing), {
        ...{ tables, missing, options },
        isCategory: categories.has(name),
      }),
    ),
    label: draftLabel(label, tables, missing, options),
    missing: USUAL_MISSING,
    otherColumns: used.length < all.length ? "ignore" : "refuse",
  };
}

/** Finds a column by its name, and if none is named so, by its number. */
function columnOf(column: ColumnName, [table]: readonly TextTable[]): string {
  const { columns, source } = table!;
  if (columns.includes(String(column))) return String(column);
  const name = typeof column === "number" ? columns.at(column) : undefined;
  if (name !== undefined) return name;
  throw unreadable(source, `has no column ${column}`, {
    remedy: `Use one of ${columns.slice(0, 40).join(", ")}.`,
  });
}

function requireSameColumns(tables: readonly TextTable[], names: readonly string[]): void {
  for (const { source, columns } of tables) {
    const lacking = names.find((name) => !columns.includes(name));
    if (lacking === undefined) continue;
    throw unreadable(source, `has no column ${lacking}, which other tables have`, {
      remedy: "Give tables with the same columns.",
    });
  }
}

interface FeatureContext {
  readonly tables: readonly TextTable[];
  readonly missing: ReadonlySet<string>;
  readonly options: DraftOptions;
  readonly isCategory: boolean;
}

function draftFeature(column: ColumnValues, context: FeatureContext): Feature {
  const { tables, missing, options, isCategory } = context;
  const { name, numbers } = column;
  const incomplete = whenIncomplete(column, options, featureRemedy(name));
  if (!isCategory && kindOf(column, tables) === "numbers") {
    if (options.features === undefined) refuseNumbering(column);
    return {
      ...{ type: "numeric", name },
      scaling: scalingOf(column, options),
      whenMissing: isKept(incomplete) ? incomplete : { fill: fillingNumber(numbers, incomplete) },
    };
  }
  const words = distinctWords(name, tables, missing);
  if (!isCategory) {
    for (const { first } of words) refuseOtherTexts(first, name);
    refuseTooManyLevels(name, words);
  }
  return {
    ...{ type: "categorical", name, encoding: "oneHot" },
    levels: words.map(({ text }) => text),
    whenMissing: isKept(incomplete) ? incomplete : { fill: mostFrequent(words) },
  };
}

function draftLabel(
  label: string,
  tables: readonly TextTable[],
  missing: ReadonlySet<string>,
  options: DraftOptions,
): Label {
  // A class that is named is none of the texts that usually stand for a missing value.
  const classes = new Set(options.classes);
  const column = readColumn(
    tables,
    label,
    new Set([...missing].filter((text) => !classes.has(text))),
  );
  const { name, numbers, firstWord, firstNumber } = column;
  const incomplete = whenIncomplete(column, options, LABEL_REMEDY);
  const whenMissing = incomplete === "refuse" ? "refuse" : "drop";
  if (options.labelKind === "value") {
    if (kindOf(column, tables) !== "numbers") {
      throw faultAt(firstWord!, name, "has a word as the number to predict", "Correct it.");
    }
    return { name, scaling: scalingOf(column, options), whenMissing };
  }
  if (options.classes !== undefined) return { name, classes: options.classes, whenMissing };
  const words = distinctWords(name, tables, missing);
  for (const { first } of words) refuseOtherTexts(first, name);
  if (firstWord !== undefined && firstNumber !== undefined) {
    throw faultAt(
      firstWord,
      name,
      `has ${shown(firstWord)}, which is not a number as in other lines,`,
      advise`Correct it. If it stands for a missing value, say so with ${setting("missing", firstWord.cell)}; if it is a class as the numbers are, name all of them with ${setting("classes")}.`,
    );
  }
  const fraction = numbers.some((number) => !Number.isInteger(number));
  if (firstNumber !== undefined && (fraction || areTooMany(words))) {
    throw faultAt(
      firstNumber,
      name,
      `has ${words.length} different numbers as classes, the first`,
      advise`If they are numbers to predict, say so with ${setting("labelKind", "value")}; or name another column with ${setting("label")}.`,
    );
  }
  if (firstNumber === undefined) refuseTooManyLevels(name, words);
  if (words.length < 2) {
    const fault = words.length === 0 ? "has no class" : `has only the class ${words[0]!.text}`;
    throw unreadable(tables[0]!.source, fault, {
      remedy: advise`Give examples of at least two classes, or name all of them with ${setting("classes")}.`,
      column: name,
    });
  }
  return { name, classes: words.map(({ text }) => text), whenMissing };
}

/** @throws TributaryError `DATA_UNREADABLE` when the numbers are too large to be scaled. */
function scalingOf(column: ColumnValues, { scaling }: DraftOptions): Scaling {
  if (scaling !== "standard") return { method: "none" };
  const standard = standardScaling(column.numbers);
  if (standard.deviation <= LARGEST_DEVIATION) return standard;
  throw faultAt(
    column.firstNumber!,
    column.name,
    "has numbers too large to be scaled, the first",
    advise`Write them in a larger unit, or leave the column out with ${setting("ignore", column.name)}.`,
  );
}

const featureRemedy = (name: string): Advice =>
  advise`Fill it in, leave the column out with ${setting("ignore", name)}, leave out such rows with ${setting("incomplete", "drop")}, or have a value filled in with ${setting("incomplete", "mean")}.`;
const LABEL_REMEDY = advise`Fill it in, or leave out such rows with ${setting("incomplete", "drop")}. If it is the name of a class, name all classes with ${setting("classes")}.`;

/**
 * What to do about the missing values of a column.
 * @param remedy - What to do about one otherwise.
 * @throws TributaryError `DATA_UNREADABLE` when it has one and nobody has said what to do.
 */
function whenIncomplete(
  { name, firstMissing }: ColumnValues,
  { incomplete = "refuse" }: DraftOptions,
  remedy: Advice,
): "refuse" | "drop" | Filling {
  if (incomplete !== "refuse" || firstMissing === undefined) return incomplete;
  throw faultAt(firstMissing, name, "has no value", remedy);
}

const isKept = (incomplete: "refuse" | "drop" | Filling): incomplete is "refuse" | "drop" =>
  incomplete === "refuse" || incomplete === "drop";
