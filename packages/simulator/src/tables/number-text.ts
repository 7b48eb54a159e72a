// Numbers as tables write them.
import { numberOf } from "@tributary/protocol";

const NUMBER_WITH_COMMA = /^[+-]?\d*,\d+(?:e[+-]?\d+)?$/i;

/** Whether a cell is a number with a decimal point or none. */
export const isNumber = (cell: string): boolean => numberOf(cell) !== undefined;

/** Whether a cell would be a number if its comma were a decimal point. */
export const isNumberWithComma = (cell: string): boolean => NUMBER_WITH_COMMA.test(cell);

/** Whether a comma in such a cell may also stand between thousands. */
export const mayBeThousands = (cell: string): boolean => /^[+-]?[1-9]\d{0,2},\d{3}$/.test(cell);
