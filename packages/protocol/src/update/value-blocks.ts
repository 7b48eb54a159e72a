import { GOLDEN, mix } from "../kernels/mix.ts";
import { UPDATE_BLOCK_VALUES } from "./update-codec.ts";

/** The values that a codec treats together. */
export interface ValueBlock {
  /** The index of its first value in the update. */
  readonly offset: number;
  /** How many values of the update it has. */
  readonly length: number;
  /** How many values it has with padding: `length`, or a power of two for rotation. */
  readonly size: number;
  /** The number of the block, from 0. */
  readonly index: number;
}

/**
 * The size of the smallest block that is rotated. Smaller blocks would not look random enough after
 * a rotation, and the bytes of their scale would weigh too much.
 */
export const LEAST_ROTATION = 128;

/** How an update is cut into blocks. Every multiple of `UPDATE_BLOCK_VALUES` begins a block. */
export type BlockSizes = "whole" | "rotation";

/**
 * The block that begins at `offset`.
 *
 * Blocks have 4,096 values. With `whole` the last block has what is left. With `rotation` what is
 * left is cut into powers of two, the largest first, down to 128, and only the last piece is padded
 * with zeros. A scale for each of these blocks costs less than it would cost to pad one large
 * block.
 * @param offset - Where a block begins, as the index of a value.
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

/** The sum of `bytes(size)` over all blocks of an update. */
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
 * The key of one of a block's streams of random words.
 * @param seed - The seed of the update, 32 bits.
 * @param stream - The number of the stream, 0 to 3: 0 and 1 for rotations, 2 for rounding.
 */
export function blockKey(seed: number, block: number, stream: number): number {
  return mix(seed + Math.imul(4 * block + stream, GOLDEN));
}
