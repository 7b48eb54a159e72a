import { unreadable } from "../files/unreadable.ts";
import {
  faultAt,
  shown,
  wordsOf,
  type ColumnValues,
  type PlacedCell,
  type Word,
} from "./column-values.ts";
import type { TextTable } from "../tables/text-table.ts";

/** The most texts that a column of categories may have. */
const MOST_LEVELS = 100;

/** With more different texts than this, most of which occur once, a column holds names. */
const FEW_LEVELS = 10;

/** Texts that are neither numbers nor categories, what they are, and what to do. */
const OTHER_TEXTS: readonly (readonly [form: RegExp, what: string, remedy: string])[] = [
  [
    /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d{2}.*)?$|^\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}$|^[A-Za-z]{3,9} \d{1,2}, \d{4}$/,
    "a date",
    "Leave the column out, or write a number in its place, such as the days since another date.",
  ],
  [
    /^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?$/,
    "a time",
    "Leave the column out, or write a number in its place, such as the minutes since midnight.",
  ],
  [
    /^[+-]?\d{1,3}(?:[,.' \u00a0]\d{3})+(?:[.,]\d+)?$|^[+-]?\d+,\d+$/,
    "a number with other marks than a decimal point",
    "Write numbers with a decimal point and without marks between thousands, or say --decimal-mark , if all of them have decimal commas.",
  ],
  [
    /^[$€£¥] ?[+-]?[\d.,]+$|^[+-]?[\d.,]+ ?[$€£¥%]$/,
    "a number with a sign",
    "Write the number without the sign.",
  ],
];

/** What a feature or a label can be made of. */
export type ColumnKind = "numbers" | "words";

/**
 * Decides whether a column holds numbers or one of a few words.
 * @throws TributaryError `DATA_UNREADABLE` when it holds both, nothing, or something else, such as
 *   dates. The message names the file, the line and the column.
 */
export function kindOf(column: ColumnValues, tables: readonly TextTable[]): ColumnKind {
  const { name, firstWord, firstNumber } = column;
  if (firstWord === undefined && firstNumber === undefined) {
    throw unreadable(tables[0]!.source, "has no value at all", {
      remedy: "Leave the column out with --ignore.",
      column: name,
    });
  }
  if (firstWord === undefined) return "numbers";
  refuseOtherTexts(firstWord, name);
  if (firstNumber === undefined) return "words";
  throw faultAt(
    firstWord,
    name,
    `has ${shown(firstWord)}, which is not a number as in other lines,`,
    "Correct it. If it stands for a missing value, say so with --missing; if the numbers are codes of categories, with --categories; or leave the column out with --ignore.",
  );
}

/**
 * The words of a column of categories or classes.
 * @throws TributaryError `DATA_UNREADABLE` when two differ in nothing but upper and lower case.
 */
export function distinctWords(
  column: string,
  tables: readonly TextTable[],
  missing: ReadonlySet<string>,
): Word[] {
  const words = wordsOf(tables, column, missing);
  const folded = new Map<string, Word>();
  for (const word of words) {
    const key = word.text.toLowerCase();
    const other = folded.get(key);
    if (other === undefined) {
      folded.set(key, word);
      continue;
    }
    const { table, row } = other.first;
    throw faultAt(
      word.first,
      column,
      `has ${other.text} in line ${table.lines[row]} and ${word.text}`,
      "Write both in the same way: they would be different categories.",
    );
  }
  return words;
}

/**
 * Refuses a column of words that are names or remarks and no categories.
 * @throws TributaryError `DATA_UNREADABLE`.
 */
export function refuseTooManyLevels(column: string, words: readonly Word[]): void {
  const cells = words.reduce((sum, { count }) => sum + count, 0);
  const isNames = words.length > FEW_LEVELS && words.length > cells / 2;
  if (words.length <= MOST_LEVELS && !isNames) return;
  throw faultAt(
    words[0]!.first,
    column,
    `has ${words.length} different texts in ${cells} rows, too many for categories, the first`,
    "Leave the column out with --ignore, or group its texts.",
  );
}

/** @throws TributaryError `DATA_UNREADABLE` when a text is a date or another form of number. */
export function refuseOtherTexts(word: PlacedCell, column: string): void {
  const other = OTHER_TEXTS.find(([form]) => form.test(word.cell));
  if (other === undefined) return;
  throw faultAt(word, column, `has ${shown(word)}, which is ${other[1]},`, other[2]);
}
