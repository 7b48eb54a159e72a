import type { TributaryError } from "@tributary/protocol";
import { unreadable } from "../files/unreadable.ts";
import type { TableRecord } from "./records.ts";

/**
 * Holds all records to the same number of cells. Two habits are allowed for: R leaves out the name
 * of the first column, the one with the names of the rows, and some programs end each row with a
 * delimiter.
 * @throws TributaryError `DATA_UNREADABLE` when they differ in another way; the message names the line.
 */
export function evenRecords(records: TableRecord[], file: string): TableRecord[] {
  const first = records[0]!;
  const others = records.slice(1);
  const length = others[0]?.cells.length ?? first.cells.length;
  const odd = others.find(({ cells }) => cells.length !== length);
  if (odd !== undefined) throw uneven(odd, length, file);
  if (others.length > 0 && others.every(({ cells }) => cells.at(-1) === "")) {
    if (["", undefined].includes(first.cells[length - 1])) {
      return records.map(({ cells, line }) => ({ cells: cells.slice(0, length - 1), line }));
    }
  }
  if (first.cells.length === length) return records;
  if (first.cells.length !== length - 1) throw uneven(others[0]!, first.cells.length, file);
  refuseSingleQuotes(others, file);
  return [{ cells: ["", ...first.cells], line: first.line }, ...others];
}

function uneven({ cells, line }: TableRecord, expected: number, file: string): TributaryError {
  return unreadable(file, `has ${cells.length} cells instead of ${expected}`, {
    remedy:
      "Give all rows the same number of cells. Put a cell that has the delimiter in it into double quotes, and take out a title or remarks above the table.",
    line,
  });
}

/** Refuses cells that were cut in two because they are in single quotes, which quote nothing here. */
function refuseSingleQuotes(records: readonly TableRecord[], file: string): void {
  const cut = records.find(({ cells }) => cells.some((cell) => /^'[^']+$/.test(cell)));
  if (cut === undefined) return;
  throw unreadable(file, "has a cell in single quotes with a delimiter in it", {
    remedy: "Put such cells into double quotes.",
    line: cut.line,
  });
}
