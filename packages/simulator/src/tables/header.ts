import { advise, setting } from "../files/advice.ts";
import { unreadable } from "../files/unreadable.ts";
import { isMissing } from "./missing.ts";
import { isNumber } from "./number-text.ts";
import type { TableRecord } from "./records.ts";

/** How many rows below the first are looked at. */
const SAMPLE_ROWS = 1_000;

/** A cell of the first row, and those of its column below it that are not missing. */
interface Column {
  readonly first: string;
  readonly below: readonly string[];
}

/**
 * Finds out whether the first row holds the names of the columns, as a person would: by words above
 * numbers, by words that do not come again, by numbers that count the columns.
 * @throws TributaryError `DATA_UNREADABLE` when one cannot tell.
 */
export function findHeader(records: readonly TableRecord[], file: string): boolean {
  const [first, ...others] = records.slice(0, SAMPLE_ROWS);
  if (first === undefined) return false;
  const columns = first.cells.map((cell, index): Column => ({
    first: cell,
    below: others.map(({ cells }) => cells[index] ?? "").filter((below) => !isMissing(below)),
  }));
  const numbers = columns.filter((column) => isNumber(column.first));
  const words = columns.filter((column) => !isNumber(column.first) && !isMissing(column.first));
  const isCounting = countsUp(numbers.map((column) => Number(column.first)));
  const above = words.filter(({ below }) => below.length > 0 && below.every(isNumber));
  if (above.length > 0) {
    if (numbers.length === 0 || isCounting) return true;
    throw unreadable(
      file,
      `has ${JSON.stringify(above[0]!.first.slice(0, 40))} above numbers, and numbers beside it,`,
      {
        remedy: ASK_REMEDY,
        line: first.line,
      },
    );
  }
  if (words.some((word) => word.below.includes(word.first))) {
    refuseSecondHeader(records, file);
    return false;
  }
  // Years may be names of columns, and so may be a word that comes in no other row.
  const areNames = new Set(numbers.map((column) => column.first)).size === numbers.length;
  const isOdd = words.some(({ below }) => new Set(below).size < below.length);
  if (numbers.length > 0 && !isCounting && isOdd && areNames && numbers.every(isWhole)) {
    throw unreadable(file, `has ${words[0]!.first.slice(0, 40)} in no other row,`, {
      remedy: ASK_REMEDY,
      line: first.line,
    });
  }
  if (numbers.length === 0) return words.length >= columns.length - 1 && words.length > 0;
  return isCounting && (words.length > 0 || numbers.length >= 3);
}

const ASK_REMEDY = advise`Say with ${setting("header", true)} that this line holds the names of the columns, or with ${setting("header", false)} that it does not.`;

const isWhole = ({ first }: Column): boolean => /^\d+$/.test(first);

/**
 * Refuses tables that were put one behind the other, each with its names.
 * @throws TributaryError `DATA_UNREADABLE` when the first row comes again above numbers.
 */
function refuseSecondHeader([first, ...others]: readonly TableRecord[], file: string): void {
  const names = first!.cells.join("\n");
  const again = others.find(({ cells }) => cells.join("\n") === names);
  const data = others.filter(({ cells }) => cells.join("\n") !== names);
  const isAbove = first!.cells.some(
    (cell, column) =>
      !isNumber(cell) && data.length > 0 && data.every(({ cells }) => isNumber(cells[column]!)),
  );
  if (again === undefined || !isAbove) return;
  throw unreadable(file, "has the names of the columns again", {
    remedy: "Take this line out, and all others like it.",
    line: again.line,
  });
}

/** Whether the numbers are 0, 1, 2 … or 1, 2, 3 …, as the names of columns without names are. */
function countsUp(numbers: readonly number[]): boolean {
  const start = numbers[0];
  return (start === 0 || start === 1) && numbers.every((number, at) => number === start + at);
}
