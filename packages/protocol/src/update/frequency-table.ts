// A table that says how often each code occurs in a block, in few bits:
//
//   lowest code (1) ‖ highest code (1) ‖ for each code from the lowest to the highest, the change of its class
//
// A class stands for a weight of two significant bits. With fewer bits the codes would grow more
// than the table shrinks, and with more bits the table would grow more than the codes shrink.
// Neighbouring codes occur about equally often, so that most changes of the class are small. They
// are written as exponential Golomb codes of order 0.
import { FREQUENCY_UNITS } from "./symbol-code.ts";

/** Bytes of the shortest table: it has one code, whose class takes some bits. */
export const LEAST_TABLE_BYTES = 3;

const ENDS_BYTES = 2;
/**
 * The class of the weight `FREQUENCY_UNITS`. Class 0 stands for a code that does not occur, and
 * class 1 for the weight 0.
 */
const HIGHEST_CLASS = 25;
/** The largest change of the class takes so many zeros before its first one. */
const MOST_ZEROS = 5;

/** The table of a block. */
export interface FrequencyTable {
  /**
   * How often each code occurs, from code 0 on: above 0 for each code that the block has, and
   * `FREQUENCY_UNITS` in all.
   */
  readonly frequencies: Uint16Array;
  /** The table as it is written. */
  readonly bytes: Uint8Array;
}

/**
 * Makes the table of a block's codes.
 * @param codes - The first `count` are read: at least one, at most `FREQUENCY_UNITS`.
 * @param highestCode - No code is above it; at most 255.
 */
export function tableOf(codes: Uint16Array, count: number, highestCode: number): FrequencyTable {
  const classes = new Uint8Array(highestCode + 1);
  const counts = new Uint16Array(highestCode + 1);
  for (let i = 0; i < count; i++) counts[codes[i]!]! += 1;
  let lowest = highestCode;
  let highest = 0;
  for (let code = 0; code <= highestCode; code++) {
    if (counts[code] === 0) continue;
    lowest = Math.min(lowest, code);
    highest = code;
    const units = Math.round((counts[code]! * FREQUENCY_UNITS) / count);
    // Each code that occurs has one unit in any case.
    classes[code] = classOf(Math.max(0, units - 1));
  }
  const bytes = writeChanges(classes, lowest, highest);
  bytes[0] = lowest;
  bytes[1] = highest;
  return { frequencies: frequenciesOf(classes), bytes };
}

/**
 * Reads a table out of any bytes.
 * @param packed - Begins with the table.
 * @param highestCode - No code may be above it; at most 255.
 * @returns Undefined if there are no codes of which this is the table.
 */
export function readTable(packed: Uint8Array, highestCode: number): FrequencyTable | undefined {
  const lowest = packed[0];
  const highest = packed[1];
  if (lowest === undefined || highest === undefined) return undefined;
  if (lowest > highest || highest > highestCode) return undefined;
  const classes = new Uint8Array(highestCode + 1);
  let at = 8 * ENDS_BYTES;
  // Behind the end all bits count as 0, and no change begins with that many zeros.
  const next = (): number => {
    const bit = ((packed[at >> 3] ?? 0) >> (at & 7)) & 1;
    at += 1;
    return bit;
  };
  let before = 0;
  for (let code = lowest; code <= highest; code++) {
    let zeros = 0;
    while (next() === 0) if (++zeros > MOST_ZEROS) return undefined;
    let word = 1 << zeros;
    for (let bit = 0; bit < zeros; bit++) word |= next() << bit;
    before += changeOf(word - 1);
    if (before < 0 || before > HIGHEST_CLASS) return undefined;
    classes[code] = before;
  }
  if (classes[lowest] === 0 || classes[highest] === 0) return undefined;
  // A block must have one table only: the bits that fill the last byte are zero.
  for (let left = -at & 7; left > 0; left--) if (next() === 1) return undefined;
  const length = at >> 3;
  const frequencies = frequenciesOf(classes);
  if (length > packed.length || frequencies.length === 0) return undefined;
  return { frequencies, bytes: packed.subarray(0, length) };
}

/** The class with the nearest weight. @param weight - Whole, from 0 to `FREQUENCY_UNITS`. */
function classOf(weight: number): number {
  if (weight < 2) return 1 + weight;
  const top = 31 - Math.clz32(weight);
  const rounded = weight + ((1 << top) >> 2);
  const first = 31 - Math.clz32(rounded);
  return 1 + 2 * first + ((rounded >> (first - 1)) & 1);
}

/** The weight of a class: 0, 1, 2, 3, 4, 6, 8, 12, …, 4,096 for the classes from 1 on. */
function weightOf(one: number): number {
  return one < 3 ? one - 1 : (2 + ((one - 1) & 1)) << (((one - 1) >> 1) - 1);
}

/**
 * Divides `FREQUENCY_UNITS` among the codes by their weights. Each code gets one unit or more. The
 * end of each share is rounded down. The result is empty if all weights are 0.
 */
function frequenciesOf(classes: Uint8Array): Uint16Array {
  let present = 0;
  let total = 0;
  for (const one of classes) {
    if (one === 0) continue;
    present += 1;
    total += weightOf(one);
  }
  if (total === 0) return new Uint16Array(0);
  const shared = FREQUENCY_UNITS - present;
  const frequencies = new Uint16Array(classes.length);
  let weights = 0;
  let given = 0;
  classes.forEach((one, code) => {
    if (one === 0) return;
    weights += weightOf(one);
    const end = Math.floor((weights * shared) / total);
    frequencies[code] = 1 + end - given;
    given = end;
  });
  return frequencies;
}

/** The change that a number stands for: 0, −1, 1, −2, 2, … for 0, 1, 2, 3, 4, … */
function changeOf(number: number): number {
  return (number & 1) === 0 ? number >> 1 : -((number + 1) >> 1);
}

/** Writes the changes of the classes from `lowest` to `highest` behind `ENDS_BYTES` bytes of 0. */
function writeChanges(classes: Uint8Array, lowest: number, highest: number): Uint8Array {
  const bytes = new Uint8Array(
    ENDS_BYTES + Math.ceil(((2 * MOST_ZEROS + 1) * (highest - lowest + 1)) / 8),
  );
  let at = 8 * ENDS_BYTES;
  let before = 0;
  for (let code = lowest; code <= highest; code++) {
    const change = classes[code]! - before;
    const word = 1 + (change < 0 ? -2 * change - 1 : 2 * change);
    const zeros = 31 - Math.clz32(word);
    at += zeros;
    // The highest bit of the word, which is one, then the bits below it, the lowest first.
    for (let bits = 1 | ((word - (1 << zeros)) << 1), left = zeros + 1; left > 0; left--) {
      bytes[at >> 3]! |= (bits & 1) << (at & 7);
      bits >>= 1;
      at += 1;
    }
    before = classes[code]!;
  }
  return bytes.subarray(0, (at + 7) >> 3);
}
