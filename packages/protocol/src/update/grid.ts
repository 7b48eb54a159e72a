// A grid of levels min + step · code, as the two uniform codecs write it in front of each block:
// float32 min ‖ float32 step.
import type { CodecWorkspace } from "./codec-workspace.ts";
import { packedBytes } from "./packed-bytes.ts";
import type { Quantizer } from "./quantizer.ts";
import { malformed, notFinite } from "./update-codec.ts";

/** The levels of a block: min + step · code. */
export interface Grid {
  readonly min: number;
  /** 0 in a block whose values are all the same; never negative. */
  readonly step: number;
}

/** Bytes of a block's header, its grid. */
export const GRID_BYTES = 8;

/** The parts of the two uniform quantizers that are the same. */
export function gridCodes(
  bits: number,
): Pick<Quantizer, "headerBytes" | "highestCode" | "packedBytes" | "pack"> {
  return {
    headerBytes: GRID_BYTES,
    highestCode: 2 ** bits - 1,
    packedBytes: (size) => packedBytes(size, bits),
    pack: ({ kernels, codesAt, packedAt }, size) =>
      kernels.pack(codesAt, size, bits, packedAt + GRID_BYTES),
  };
}

/** The narrowest grid of float32 min and step that covers the values. */
function gridOf(values: Float32Array, levels: number): Grid {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const exact = (max - min) / levels;
  const rounded = Math.fround(exact);
  // If the step were rounded down, the largest values would lie above the top level and be biased.
  return { min, step: rounded < exact ? nextFloat32(rounded) : rounded };
}

/** The largest |min + step · code|. */
export function gridBound({ min, step }: Grid, levels: number): number {
  return Math.max(Math.abs(min), Math.abs(Math.fround(min + step * levels)));
}

/**
 * Reads a block's grid.
 * @throws TributaryError `UPDATE_NOT_FINITE`, or `UPDATE_MALFORMED` when it descends.
 */
export function readGrid(header: DataView, offset: number): Grid {
  const min = header.getFloat32(0, true);
  const step = header.getFloat32(4, true);
  if (!Number.isFinite(min)) throw notFinite(offset, min);
  if (!Number.isFinite(step)) throw notFinite(offset, step);
  if (step < 0) {
    throw malformed(`The grid of the update's block at value ${offset} descends`, offset);
  }
  return { min, step };
}

/**
 * Rounds a block's values at random to codes of the narrowest grid that covers them. The grid
 * becomes the block's header.
 * @param levels - Steps from the lowest level to the highest.
 * @param key - Of the block's random words.
 */
export function quantizeOnGrid(
  space: CodecWorkspace,
  size: number,
  levels: number,
  key: number,
): Grid {
  const { kernels, valuesAt, codesAt, packedView } = space;
  const grid = gridOf(space.values.subarray(0, size), levels);
  packedView.setFloat32(0, grid.min, true);
  packedView.setFloat32(4, grid.step, true);
  // The values of a constant block are all at the lowest level, whose code is 0.
  if (grid.step === 0) space.codes.fill(0, 0, size);
  else kernels.quantizeGrid(valuesAt, size, grid.min, 1 / grid.step, levels, key, codesAt);
  return grid;
}

/** Computes `space.values` from the header and `space.codes`. */
export function valuesOnGrid(space: CodecWorkspace, size: number): void {
  const { kernels, valuesAt, codesAt, packedView } = space;
  const min = packedView.getFloat32(0, true);
  const step = packedView.getFloat32(4, true);
  kernels.affine(codesAt, size, min, step, valuesAt);
}

/** Computes `space.values` from the header and the packed codes behind it. */
export function readOnGrid(space: CodecWorkspace, size: number, bits: number): void {
  const { kernels, valuesAt, codesAt, packedAt, packedView, tablesAt } = space;
  if (bits > 8) {
    kernels.unpack(packedAt + GRID_BYTES, size, bits, codesAt);
    valuesOnGrid(space, size);
    return;
  }
  const min = packedView.getFloat32(0, true);
  const step = packedView.getFloat32(4, true);
  const table = space.table(0, 2 ** bits);
  for (let code = 0; code < table.length; code++) table[code] = min + step * code;
  kernels.unpackLookup(packedAt + GRID_BYTES, size, bits, tablesAt, valuesAt);
}

/**
 * Refuses a block whose bits after the last code are not all zero: an update must have one payload.
 * @param header - Bytes before the codes.
 * @throws TributaryError `UPDATE_MALFORMED`.
 */
export function checkPadding(
  space: CodecWorkspace,
  header: number,
  usedBits: number,
  offset: number,
): void {
  const used = usedBits % 8;
  if (used !== 0 && space.packed[header + packedBytes(1, usedBits) - 1]! >> used !== 0) {
    throw malformed(`The update's block at value ${offset} has bits after its last code`, offset);
  }
}

/** The next float32 above `value`, which is a finite float32 and not negative. */
function nextFloat32(value: number): number {
  const float = Float32Array.of(value);
  new Uint32Array(float.buffer)[0]! += 1;
  return float[0]!;
}
