import { advise, setting } from "../files/advice.ts";
import { unreadable } from "../files/unreadable.ts";
import { refuseOtherTexts } from "./other-texts.ts";
import { faultAt, shown, wordsOf, type ColumnValues, type Word } from "./column-values.ts";
import type { TextTable } from "../tables/text-table.ts";

/** The most texts that a column of categories may have. */
const MOST_LEVELS = 100;

/** With more different texts than this, most of which occur once, a column holds names. */
const FEW_LEVELS = 10;

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
      remedy: advise`Leave the column out with ${setting("ignore", name)}.`,
      column: name,
    });
  }
  if (firstWord === undefined) {
    refuseNumberedDates(column);
    return "numbers";
  }
  refuseOtherTexts(firstWord, name);
  if (firstNumber === undefined) return "words";
  throw faultAt(
    firstWord,
    name,
    `has ${shown(firstWord)}, which is not a number as in other lines,`,
    advise`Correct it. If it stands for a missing value, say so with ${setting("missing", firstWord.cell)}; if the numbers are codes of categories, with ${setting("categories", name)}; or leave the column out with ${setting("ignore", name)}.`,
  );
}

/** Refuses dates like 20240131, of which numbers would not be evenly apart. */
function refuseNumberedDates({ name, numbers, firstNumber }: ColumnValues): void {
  const isDate = (number: number): boolean =>
    /^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(String(number));
  if (!numbers.every(isDate)) return;
  throw faultAt(
    firstNumber!,
    name,
    `has ${shown(firstNumber!)}, which is a date,`,
    "Leave the column out, or write the days since another date in its place.",
  );
}

/** Names of columns that number the rows, or what they are about. */
const NUMBERING = /^(?:id|uid|index|idx|row|rowid|row number|.*[_ .-]id|.*[a-z](?:Id|ID))$/i;

/**
 * Refuses numbers that only tell rows apart. Where rows are sorted, a model would learn the order.
 * @throws TributaryError `DATA_UNREADABLE`.
 */
export function refuseNumbering({ name, numbers, firstNumber }: ColumnValues): void {
  const isNumbering =
    NUMBERING.test(name) &&
    numbers.length > FEW_LEVELS &&
    numbers.every(Number.isInteger) &&
    new Set(numbers).size === numbers.length;
  if (!isNumbering) return;
  throw faultAt(
    firstNumber!,
    name,
    `has another number in each row, the first`,
    advise`Leave the column out with ${setting("ignore", name)}. If it is a measure, name all features with ${setting("features")}.`,
  );
}

/**
 * What texts have in common that people take for the same: whatever letters and spaces they have, and
 * however these are encoded.
 */
function likeness(text: string): string {
  return text
    .normalize("NFKC")
    .replaceAll(/\p{Cf}/gu, "")
    .replaceAll(/\s+/g, " ")
    .replace(/\.$/, "")
    .replace(/^0+(?=\d+$)/, "")
    .toLowerCase();
}

/**
 * The words of a column of categories or classes.
 * @throws TributaryError `DATA_UNREADABLE` when two look alike: when they differ in nothing but upper
 *   and lower case, spaces, a full stop at the end, zeros before a number or the encoding of a letter.
 */
export function distinctWords(
  column: string,
  tables: readonly TextTable[],
  missing: ReadonlySet<string>,
): Word[] {
  const words = wordsOf(tables, column, missing);
  const folded = new Map<string, Word>();
  for (const word of words) {
    const key = likeness(word.text);
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
      "Write both in the same way, down to spaces and full stops: they would be different categories.",
    );
  }
  return words;
}

/**
 * Refuses a column of words that are names or remarks and no categories.
 * @throws TributaryError `DATA_UNREADABLE`.
 */
export function refuseTooManyLevels(column: string, words: readonly Word[]): void {
  if (!areTooMany(words)) return;
  const cells = words.reduce((sum, { count }) => sum + count, 0);
  throw faultAt(
    words[0]!.first,
    column,
    `has ${words.length} different texts in ${cells} rows, too many for categories, the first`,
    advise`Leave the column out with ${setting("ignore", column)}, or group its texts.`,
  );
}

/** Whether texts are so many, or come so seldom again, that they are no categories. */
export function areTooMany(words: readonly Word[]): boolean {
  const cells = words.reduce((sum, { count }) => sum + count, 0);
  return words.length > MOST_LEVELS || (words.length > FEW_LEVELS && words.length > cells / 2);
}
