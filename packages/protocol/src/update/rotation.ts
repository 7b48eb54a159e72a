import type { CodecWorkspace } from "./codec-workspace.ts";
import { blockKey } from "./value-blocks.ts";

/**
 * How often a rotation applies random signs and Hadamard's matrix. One round spreads a block's
 * values, which is enough for a codec that rounds at random. After two rounds the values also look
 * like draws from a normal distribution if the block had few large values. A codec that does not
 * round at random needs that.
 */
export type Rounds = 1 | 2;

/** The factor by which `rotateBlock` multiplies a block's norm. */
export function rotationGrowth(size: number, rounds: Rounds): number {
  return rounds === 2 ? size : Math.sqrt(size);
}

/**
 * Rotates the block in `space.values`, without dividing by the growth.
 * @param index - The number of the block, which with the seed decides the signs.
 */
export function rotateBlock(
  { kernels, valuesAt }: CodecWorkspace,
  size: number,
  index: number,
  seed: number,
  rounds: Rounds,
): void {
  kernels.flipHadamard(valuesAt, size, blockKey(seed, index, 0));
  if (rounds === 2) kernels.flipHadamard(valuesAt, size, blockKey(seed, index, 1));
}

/**
 * Rotates the block in `space.values` back.
 * @param factor - Multiplies all values: 1/growth for a rotated block whose norm is that of the
 *   block, 1/growth² for one that `rotateBlock` left.
 */
export function rotateBlockBack(
  { kernels, valuesAt }: CodecWorkspace,
  size: number,
  index: number,
  seed: number,
  rounds: Rounds,
  factor: number,
): void {
  kernels.hadamard(valuesAt, size);
  if (rounds === 2) kernels.flipHadamard(valuesAt, size, blockKey(seed, index, 1));
  kernels.flip(valuesAt, size, blockKey(seed, index, 0), factor);
}

/**
 * A bound on the magnitude of all values of a block that is rotated back. It is a little larger
 * than the norm, since float32 sums are rounded.
 * @param norm - L2 norm of the rotated block.
 */
export function rotatedBound(norm: number): number {
  return norm * (1 + 2 ** -16);
}
