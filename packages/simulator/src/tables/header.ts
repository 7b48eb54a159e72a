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
        remedy:
          "Say with --header that this line holds the names of the columns, or with --no-header that it does not.",
        line: first.line,
      },
    );
  }
  if (words.some((word) => word.below.includes(word.first))) return false;
  if (numbers.length === 0) return words.length >= columns.length - 1 && words.length > 0;
  return isCounting && (words.length > 0 || numbers.length >= 3);
}

/** Whether the numbers are 0, 1, 2 … or 1, 2, 3 …, as the names of columns without names are. */
function countsUp(numbers: readonly number[]): boolean {
  const start = numbers[0];
  return (start === 0 || start === 1) && numbers.every((number, at) => number === start + at);
}
