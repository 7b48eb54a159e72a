// What QSGD and TernGrad have in common: grids that are symmetric about 0 and known from one number
// for each block. A block is float32 norm ‖ codes; with s levels on each side of 0, the code c
// stands for the value (c − s) · norm / s.
import type { TributaryError } from "../errors.ts";
import type { CodecWorkspace } from "./codec-workspace.ts";
import type { Quantizer } from "./quantizer.ts";
import { readScale } from "./read-scale.ts";
import { malformed } from "./update-codec.ts";

/** Bytes of a block's header, its norm. */
export const NORM_BYTES = 4;

/**
 * The parts of the two quantizers that are the same.
 * @param levels - Levels on each side of 0. The norm is the highest level, so that it bounds all
 *   values of a block.
 */
export function normCodes(
  name: string,
  levels: number,
): Omit<Quantizer, "packedBytes" | "quantize" | "pack" | "validatePacked" | "decodePacked"> {
  return {
    name,
    sizes: "whole",
    seeded: false,
    headerBytes: NORM_BYTES,
    highestCode: 2 * levels,
    validateHeader: (space, { offset }) => readScale(space.packedView, offset),
    dequantize({ kernels, codesAt, valuesAt, packedView }, { size }) {
      const norm = packedView.getFloat32(0, true);
      kernels.affine(codesAt, size, -norm, norm / levels, valuesAt);
    },
  };
}

/**
 * Writes the norm and rounds the block's values at random to codes.
 * @param norm - No value of the block is larger in magnitude.
 * @param key - Of the block's random words.
 */
export function quantizeLevels(
  space: CodecWorkspace,
  size: number,
  norm: number,
  levels: number,
  key: number,
): void {
  space.packedView.setFloat32(0, norm, true);
  const { kernels, valuesAt, codesAt } = space;
  if (norm === 0) space.codes.fill(levels, 0, size);
  else kernels.quantizeGrid(valuesAt, size, -norm, levels / norm, 2 * levels, key, codesAt);
}

/** The error for a code that stands for no level. @param offset - Of the block, values. */
export function impossibleCode(offset: number): TributaryError {
  return malformed(`The update's block at value ${offset} has a code that means nothing`, offset);
}
