// The update is cut into blocks of 4,096 values, each with a grid of 2^bits levels of its own:
//
//   float32 min ‖ float32 step ‖ codes               (all little-endian; the last block may be shorter)
//
// and stands for min + step · code, computed in float64 and rounded to float32. A value between two levels goes to
// one of them at random, the nearer one more often, so that the mean over many encodings is the value itself.
import { TributaryError } from "../errors.ts";
import type { KernelSource } from "./block-codec.ts";
import type { CodecWorkspace } from "./codec-workspace.ts";
import {
  GRID_BYTES,
  checkPadding,
  gridBound,
  quantizeOnGrid,
  readGrid,
  readOnGrid,
  valuesOnGrid,
} from "./grid.ts";
import { packedBytes } from "./packed-bytes.ts";
import { quantizerCodec, type Quantizer } from "./quantizer.ts";
import { rotateBlock, rotateBlockBack, rotatedBound, rotationGrowth } from "./rotation.ts";
import type { UpdateCodec } from "./update-codec.ts";
import { blockKey, type ValueBlock } from "./value-blocks.ts";

interface UniformOptions {
  readonly bits: number;
  readonly entropy?: boolean;
}

/**
 * A uniform grid a block, with unbiased stochastic rounding: |x̂ − x| ≤ step, and half a float32 rounding of x̂.
 * @param bits - Per value, 1 to 16; with entropy coding to 8.
 * @param entropy - See `quantizerCodec`: the same values in fewer bytes.
 * @throws TributaryError `BAD_PARAMETER`.
 * @see arXiv:1610.05492 §3 (probabilistic quantization)
 */
export function uniformCodec(
  { bits, entropy }: UniformOptions,
  kernels: KernelSource,
): UpdateCodec {
  const levels = levelsOf("uniform", bits);
  const quantizer: Quantizer = {
    ...gridCodes(bits),
    name: "uniform",
    sizes: "whole",
    seeded: false,
    quantize: (space, { size, index }, { rounding }) =>
      gridBound(quantizeOnGrid(space, size, levels, blockKey(rounding, index, 2)), levels),
    validateHeader: (space, { offset }) => gridBound(readGrid(space.packedView, offset), levels),
    validatePacked: (space, { size, offset }) =>
      checkPadding(space, GRID_BYTES, size * bits, offset),
    decodePacked: (space, { size }) => readOnGrid(space, size, bits),
    dequantize: (space, { size }) => valuesOnGrid(space, size),
  };
  return quantizerCodec(quantizer, entropy, kernels);
}

/**
 * The uniform grid after a random rotation, which leaves no value far from the others: E‖x̂ − x‖² ≤ r²/4·‖x‖² with r = step/σ,
 * about 8/(2^bits − 1) for blocks of 4,096 values. EDEN errs less at every number of bits.
 * @param bits - Per value, 1 to 16; with entropy coding to 8.
 * @param entropy - See `quantizerCodec`: the same values in fewer bytes.
 * @throws TributaryError `BAD_PARAMETER`.
 * @see arXiv:1611.00429 §3 (stochastic rotated quantization)
 */
export function rotatedUniformCodec(
  { bits, entropy }: UniformOptions,
  kernels: KernelSource,
): UpdateCodec {
  const levels = levelsOf("rotated-uniform", bits);
  // The grid is of the rotated values as the kernels leave them, too large by the growth.
  const bound = (largest: number, size: number): number =>
    rotatedBound((largest * Math.sqrt(size)) / rotationGrowth(size, 1));
  const rotateBack = (space: CodecWorkspace, { size, index }: ValueBlock, seed: number): void =>
    rotateBlockBack(space, size, index, seed, 1, 1 / size);
  const quantizer: Quantizer = {
    ...gridCodes(bits),
    name: "rotated-uniform",
    sizes: "rotation",
    seeded: true,
    quantize(space, { size, index }, { payload: seed, rounding }) {
      rotateBlock(space, size, index, seed, 1);
      const grid = quantizeOnGrid(space, size, levels, blockKey(rounding, index, 2));
      return bound(gridBound(grid, levels), size);
    },
    validateHeader: (space, { size, offset }) =>
      bound(gridBound(readGrid(space.packedView, offset), levels), size),
    decodePacked(space, block, seed) {
      readOnGrid(space, block.size, bits);
      rotateBack(space, block, seed);
    },
    dequantize(space, block, seed) {
      valuesOnGrid(space, block.size);
      rotateBack(space, block, seed);
    },
  };
  return quantizerCodec(quantizer, entropy, kernels);
}

/** What the quantizers of both have in common. */
function gridCodes(
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

/** Steps from the lowest level to the highest. */
function levelsOf(name: string, bits: number): number {
  if (Number.isInteger(bits) && bits >= 1 && bits <= 16) return 2 ** bits - 1;
  throw new TributaryError("BAD_PARAMETER", `The ${name} codec cannot use ${bits} bits`, {
    remedy: "Use a whole number from 1 to 16.",
  });
}
