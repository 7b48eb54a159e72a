// A block's codes as a stream of the entropy coder: four states (16 bytes) ‖ words of 16 bits. Both
// sides know beforehand how often each code occurs, from a fixed table or from one that the block
// brings.
import type { CodecWorkspace } from "./codec-workspace.ts";
import { malformed } from "./update-codec.ts";

/** The sum of the frequencies of all codes. */
export const FREQUENCY_UNITS = 4_096;

/** Bytes of the shortest stream, which has only its states. */
export const LEAST_STREAM_BYTES = 16;

/** Where the kernels' tables are: behind the table in which a codec looks up values. */
const SYMBOLS_AT = 1_024;
const SLOTS_AT = 2_048;

/** The most bytes of a stream of `count` codes: a code with a frequency of 1 takes 12 bits. */
export function mostStreamBytes(count: number): number {
  return LEAST_STREAM_BYTES + 2 * Math.ceil((3 * count) / 4) + 8;
}

/**
 * Sets the frequencies with which the next streams are written and read.
 * @param frequencies - How often each code occurs, of 256 codes at most. They sum to
 *   `FREQUENCY_UNITS`. A code of frequency 0 is never read, and must not be written.
 */
export function setFrequencies({ tables }: CodecWorkspace, frequencies: ArrayLike<number>): void {
  const symbols = new Uint32Array(
    tables.buffer,
    tables.byteOffset + SYMBOLS_AT,
    frequencies.length,
  );
  let before = 0;
  for (let code = 0; code < frequencies.length; code++) {
    const frequency = frequencies[code]!;
    symbols[code] = frequency + 65_536 * before;
    tables.fill(code, SLOTS_AT + before, SLOTS_AT + before + frequency);
    before += frequency;
  }
}

/**
 * Writes `space.codes` as a stream.
 * @param at - Where the stream begins in `space.packed`, bytes.
 * @returns Where it ends, bytes.
 */
export function writeStream(space: CodecWorkspace, count: number, at: number): number {
  const { kernels, codesAt, packed, packedAt, tablesAt } = space;
  // The coder works backwards, so that it begins at the end of the room that there is.
  const end = packedAt + packed.length;
  const start = kernels.ransEncode(codesAt, count, tablesAt + SYMBOLS_AT, end);
  packed.copyWithin(at, start - packedAt, packed.length);
  return at + end - start;
}

/**
 * Reads `space.codes` from a stream, in a time that depends only on `count`.
 * @param at - Where the stream begins in `space.packed`, bytes.
 * @param end - Where it must end, bytes.
 * @param offset - The index of the block's first value, for the error.
 * @throws TributaryError `UPDATE_MALFORMED` unless the bytes are exactly those of `count` codes.
 */
export function readStream(
  { kernels, codesAt, packedAt, tablesAt }: CodecWorkspace,
  count: number,
  { at, end, offset }: { readonly at: number; readonly end: number; readonly offset: number },
): void {
  const tables = [tablesAt + SYMBOLS_AT, tablesAt + SLOTS_AT] as const;
  if (kernels.ransDecode(packedAt + at, packedAt + end, count, ...tables, codesAt) === 1) return;
  throw malformed(
    `The entropy code of the update's block at value ${offset} does not end where it should`,
    offset,
  );
}
