import { unreadable } from "../files/unreadable.ts";
import { isNumber, isNumberWithComma, mayBeThousands } from "./number-text.ts";
import type { TableRecord } from "./records.ts";

/**
 * Finds out whether the numbers of a table have decimal points or decimal commas. Commas are
 * decimal when no number has a point and at least one comma cannot stand between thousands.
 * @throws TributaryError `DATA_UNREADABLE` when every comma may stand between thousands as well.
 */
export function findDecimalMark(records: readonly TableRecord[], file: string): "." | "," {
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
      remedy:
        "Say with --decimal-mark , that it is a decimal comma, or write thousands without a mark.",
      line: firstComma.line,
    },
  );
}
