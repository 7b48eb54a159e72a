import { GOLDEN, mix } from "../kernels/mix.ts";
import { UPDATE_BLOCK_VALUES } from "./update-codec.ts";

/** Values that a codec treats together. */
export interface ValueBlock {
  /** Of the first value, in the update. */
  readonly offset: number;
  /** Values of the update. */
  readonly length: number;
  /** Values with padding: `length`, or for rotation a power of two. */
  readonly size: number;
  /** Number of the block. */
  readonly index: number;
}

/** Smallest block that is rotated: smaller ones would not look random enough, and their scale would cost much. */
export const LEAST_ROTATION = 128;

/** How an update is cut into blocks; every multiple of `UPDATE_BLOCK_VALUES` begins one. */
export type BlockSizes = "whole" | "rotation";

/**
 * The block at `offset`.
 *
 * Whole: 4,096 values, and what is left. For rotation what is left is cut into powers of two, the largest first, down to 128,
 * and only the last piece is padded with zeros: a scale for each piece costs less than the padding of all of them.
 * @param offset - Where a block begins.
 */
export function blockAt(
  sizes: BlockSizes,
  dimension: number,
  offset: number,
  index: number,
): ValueBlock {
  const left = dimension - offset;
  if (left >= UPDATE_BLOCK_VALUES) {
    return { offset, length: UPDATE_BLOCK_VALUES, size: UPDATE_BLOCK_VALUES, index };
  }
  if (sizes === "whole") return { offset, length: left, size: left, index };
  if (left < LEAST_ROTATION) return { offset, length: left, size: LEAST_ROTATION, index };
  const size = 2 ** (31 - Math.clz32(left));
  return { offset, length: size, size, index };
}

/** Sum of `bytes(size)` over all blocks of an update. */
export function sumOverBlocks(
  sizes: BlockSizes,
  dimension: number,
  bytes: (size: number) => number,
): number {
  const whole = Math.floor(dimension / UPDATE_BLOCK_VALUES);
  let sum = whole === 0 ? 0 : whole * bytes(UPDATE_BLOCK_VALUES);
  for (let offset = whole * UPDATE_BLOCK_VALUES; offset < dimension;) {
    const { length, size } = blockAt(sizes, dimension, offset, 0);
    sum += bytes(size);
    offset += length;
  }
  return sum;
}

/**
 * The key of one block's stream of random words.
 * @param seed - Of the update, 32 bits.
 * @param stream - 0 to 3, for what needs several.
 */
export function blockKey(seed: number, block: number, stream: number): number {
  return mix(seed + Math.imul(4 * block + stream, GOLDEN));
}
