import type { CodecWorkspace } from "./codec-workspace.ts";
import { blockKey } from "./value-blocks.ts";

/**
 * Rounds of random signs and Hadamard's matrix in a rotation. One spreads a block's values, and is enough for a codec that rounds at
 * random; two also make them look normal where the block had few large ones, which a codec needs whose rounding is not random.
 */
export type Rounds = 1 | 2;

/** What a block's norm is multiplied by in `rotateBlock`. */
export function rotationGrowth(size: number, rounds: Rounds): number {
  return rounds === 2 ? size : Math.sqrt(size);
}

/** Rotates the block in `space.values`, without dividing by the growth. */
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
 * Rotates a block back.
 * @param factor - Times this: 1/growth for a rotated block of its own norm, 1/growth² after `rotateBlock`.
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
 * A bound on every value of a block that is rotated back, from the norm of what is rotated; float32 sums add a little.
 * @param norm - L2.
 */
export function rotatedBound(norm: number): number {
  return norm * (1 + 2 ** -16);
}
