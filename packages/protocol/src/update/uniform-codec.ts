// The update is cut into blocks of 4,096 values, each with a grid of 2^bits levels of its own:
//
//   float32 min ‖ float32 step ‖ packed codes        (all little-endian; the last block may be shorter)
//
// and stands for min + step · code, computed in float64 and rounded to float32. A value between two levels goes to
// one of them at random, the nearer one more often, so that the mean over many encodings is the value itself.
import { TributaryError } from "../errors.ts";
import { blockCodec, type KernelSource } from "./block-codec.ts";
import {
  GRID_BYTES,
  checkPadding,
  gridBound,
  gridOf,
  readGrid,
  readOnGrid,
  writeOnGrid,
} from "./grid.ts";
import { packedBytes } from "./packed-bytes.ts";
import { rotateBlock, rotateBlockBack, rotatedBound, rotationGrowth } from "./rotation.ts";
import type { UpdateCodec } from "./update-codec.ts";
import { blockKey } from "./value-blocks.ts";

/**
 * A uniform grid a block, with unbiased stochastic rounding: |x̂ − x| ≤ step, and half a float32 rounding of x̂.
 * @param bits - Per value, 1 to 16.
 * @throws TributaryError `BAD_PARAMETER`.
 * @see arXiv:1610.05492 §3 (probabilistic quantization)
 */
export function uniformCodec(
  { bits }: { readonly bits: number },
  kernels: KernelSource,
): UpdateCodec {
  checkBits("uniform", bits);
  const levels = 2 ** bits - 1;
  return blockCodec(
    {
      name: "uniform",
      sizes: "whole",
      seeded: false,
      bytes: (size) => GRID_BYTES + packedBytes(size, bits),
      encode(space, { size, index }, { rounding }) {
        const grid = gridOf(space.values.subarray(0, size), levels);
        writeOnGrid(space, size, grid, bits, blockKey(rounding, index, 2));
        return { bytes: this.bytes(size), maxAbs: gridBound(grid, levels) };
      },
      validate(space, { size, offset }) {
        const bound = gridBound(readGrid(space.packedView, offset), levels);
        checkPadding(space, GRID_BYTES, size * bits, offset);
        return bound;
      },
      decode: (space, { size }) => readOnGrid(space, size, bits),
    },
    kernels,
  );
}

/**
 * The uniform grid after a random rotation, which leaves no value far from the others: E‖x̂ − x‖² ≤ r²/4·‖x‖² with r = step/σ,
 * about 8/(2^bits − 1) for blocks of 4,096 values. EDEN errs less at every number of bits.
 * @param bits - Per value, 1 to 16.
 * @throws TributaryError `BAD_PARAMETER`.
 * @see arXiv:1611.00429 §3 (stochastic rotated quantization)
 */
export function rotatedUniformCodec(
  { bits }: { readonly bits: number },
  kernels: KernelSource,
): UpdateCodec {
  checkBits("rotated-uniform", bits);
  const levels = 2 ** bits - 1;
  // The grid is of the rotated values as the kernels leave them, too large by the growth.
  const bound = (largest: number, size: number): number =>
    rotatedBound((largest * Math.sqrt(size)) / rotationGrowth(size, 1));
  return blockCodec(
    {
      name: "rotated-uniform",
      sizes: "rotation",
      seeded: true,
      bytes: (size) => GRID_BYTES + packedBytes(size, bits),
      encode(space, { size, index }, { payload: seed, rounding }) {
        rotateBlock(space, size, index, seed, 1);
        const grid = gridOf(space.values.subarray(0, size), levels);
        writeOnGrid(space, size, grid, bits, blockKey(rounding, index, 2));
        return { bytes: this.bytes(size), maxAbs: bound(gridBound(grid, levels), size) };
      },
      validate: (space, { size, offset }) =>
        bound(gridBound(readGrid(space.packedView, offset), levels), size),
      decode(space, { size, index }, seed) {
        readOnGrid(space, size, bits);
        rotateBlockBack(space, size, index, seed, 1, 1 / size);
      },
    },
    kernels,
  );
}

function checkBits(name: string, bits: number): void {
  if (Number.isInteger(bits) && bits >= 1 && bits <= 16) return;
  throw new TributaryError("BAD_PARAMETER", `The ${name} codec cannot use ${bits} bits`, {
    remedy: "Use a whole number from 1 to 16.",
  });
}
