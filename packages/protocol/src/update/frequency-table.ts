// How often each code comes in a block, in as few bits as are worth it:
//
//   lowest code (1) ‖ highest code (1) ‖ for each code between, both included, the change of its class
//
// A class stands for a number of two significant bits: coarser ones would make the codes longer than they make the table shorter, finer
// ones the other way round. Neighbours come about as often as each other, so that most changes are small: they are exponential
// Golomb codes of order 0.
import { FREQUENCY_UNITS } from "./symbol-code.ts";

/** Bytes of the shortest table: one code, whose class takes some bits. */
export const LEAST_TABLE_BYTES = 3;

const ENDS_BYTES = 2;
/** Stands for `FREQUENCY_UNITS`; class 0 for a code that does not come, and class 1 for a weight of 0. */
const HIGHEST_CLASS = 25;
/** The largest change either way takes so many zeros before its first one. */
const MOST_ZEROS = 5;

/** A block's table, and what it stands for. */
export interface FrequencyTable {
  /** How often each code comes, from code 0 on: above 0 for each that the block has, and `FREQUENCY_UNITS` in all. */
  readonly frequencies: Uint16Array;
  readonly bytes: Uint8Array;
}

/**
 * The table of some codes.
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
    // Each code that comes has one unit without asking.
    classes[code] = classOf(Math.max(0, units - 1));
  }
  const bytes = writeChanges(classes, lowest, highest);
  bytes[0] = lowest;
  bytes[1] = highest;
  return { frequencies: frequenciesOf(classes), bytes };
}

/**
 * Reads a table, whatever the bytes are.
 * @param packed - Begins with it.
 * @param highestCode - No code may be above it; at most 255.
 * @returns Nothing where no codes have such a table.
 */
export function readTable(packed: Uint8Array, highestCode: number): FrequencyTable | undefined {
  const lowest = packed[0];
  const highest = packed[1];
  if (lowest === undefined || highest === undefined) return undefined;
  if (lowest > highest || highest > highestCode) return undefined;
  const classes = new Uint8Array(highestCode + 1);
  let at = 8 * ENDS_BYTES;
  // Past the end there is only 0, and no change begins with so many.
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
  // One table for one meaning: the bits that fill its last byte are zero.
  for (let left = -at & 7; left > 0; left--) if (next() === 1) return undefined;
  const length = at >> 3;
  const frequencies = frequenciesOf(classes);
  if (length > packed.length || frequencies.length === 0) return undefined;
  return { frequencies, bytes: packed.subarray(0, length) };
}

/** The class whose weight is nearest. @param weight - Whole, 0 to `FREQUENCY_UNITS`. */
function classOf(weight: number): number {
  if (weight < 2) return 1 + weight;
  const top = 31 - Math.clz32(weight);
  const rounded = weight + ((1 << top) >> 2);
  const first = 31 - Math.clz32(rounded);
  return 1 + 2 * first + ((rounded >> (first - 1)) & 1);
}

/** 0, 1, 2, 3, 4, 6, 8, 12, …, 4,096 for the classes from 1 on. */
function weightOf(one: number): number {
  return one < 3 ? one - 1 : (2 + ((one - 1) & 1)) << (((one - 1) >> 1) - 1);
}

/** Shares of `FREQUENCY_UNITS` by weight, at least one unit each, by rounding down where each share ends. Empty if all weights are 0. */
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

/** 0, −1, 1, −2, 2, … */
function changeOf(number: number): number {
  return (number & 1) === 0 ? number >> 1 : -((number + 1) >> 1);
}

/** The changes of the classes from `lowest` to `highest`, behind `ENDS_BYTES` bytes that are 0. */
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
    // The first one of the word, and the bits below it, lowest first.
    for (let bits = 1 | ((word - (1 << zeros)) << 1), left = zeros + 1; left > 0; left--) {
      bytes[at >> 3]! |= (bits & 1) << (at & 7);
      bits >>= 1;
      at += 1;
    }
    before = classes[code]!;
  }
  return bytes.subarray(0, (at + 7) >> 3);
}
