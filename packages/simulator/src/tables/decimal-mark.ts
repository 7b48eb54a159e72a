import { advise, setting } from "../files/advice.ts";
import { unreadable } from "../files/unreadable.ts";
import { isNumber, isNumberWithComma, mayBeThousands } from "./number-text.ts";
import type { TableRecord } from "./records.ts";

/**
 * Programs that divide cells by semicolons do so because commas are decimal, and points stand between
 * thousands.
 * @throws TributaryError `DATA_UNREADABLE` when every point may stand between thousands.
 */
function refusePointsBetweenThousands(records: readonly TableRecord[], file: string): void {
  let first: { readonly cell: string; readonly line: number } | undefined;
  for (const { cells, line } of records) {
    for (const cell of cells) {
      if (!cell.includes(".") || !isNumber(cell)) continue;
      if (!/^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(cell)) return;
      first ??= { cell, line };
    }
  }
  if (first === undefined) return;
  throw unreadable(
    file,
    `has ${first.cell}, whose point may be a decimal point or stand between thousands,`,
    {
      remedy: advise`Say with ${setting("decimalMark", ".")} that it is a decimal point, or write thousands without a mark.`,
      line: first.line,
    },
  );
}

/**
 * Holds a table with decimal commas to numbers without a point: the point of 1.234 would become a
 * decimal one.
 * @throws TributaryError `DATA_UNREADABLE`; the message names the line.
 */
export function refusePoints(records: readonly TableRecord[], file: string): void {
  for (const { cells, line } of records) {
    const cell = cells.find((one) => one.includes(".") && isNumber(one));
    if (cell === undefined) continue;
    throw unreadable(file, `has ${cell}, with a point where decimal marks are commas,`, {
      remedy: "Write numbers without marks between thousands.",
      line,
    });
  }
}

/**
 * Finds out whether the numbers of a table have decimal points or decimal commas. Commas are
 * decimal when no number has a point and at least one comma cannot stand between thousands.
 * @throws TributaryError `DATA_UNREADABLE` when every comma may stand between thousands as well.
 */
export function findDecimalMark(
  records: readonly TableRecord[],
  file: string,
  delimiter: string,
): "." | "," {
  if (delimiter === ";") refusePointsBetweenThousands(records, file);
  let firstComma: { readonly cell: string; readonly line: number } | undefined;
  let isDecimal = false;
  for (const { cells, line } of records) {
    for (const cell of cells) {
      if (isNumberWithComma(cell)) {
        firstComma ??= { cell, line };
        isDecimal ||= !mayBeThousands(cell);
      } else if (cell.includes(".") && isNumber(cell)) {
        return ".";
      }
    }
  }
  if (firstComma === undefined || isDecimal) return firstComma === undefined ? "." : ",";
  throw unreadable(
    file,
    `has ${firstComma.cell}, whose comma may be a decimal comma or stand between thousands,`,
    {
      remedy: advise`Say with ${setting("decimalMark", ",")} that it is a decimal comma, or write thousands without a mark.`,
      line: firstComma.line,
    },
  );
}
