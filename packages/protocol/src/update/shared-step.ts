// Updates as integers that add up, for secure aggregation, where the server sees only the sum of
// masked updates. All clients of a round share the rotation, the step Δ and the modulus, so that a
// sum of integers stands for a sum of updates.
//
//   k = ⌊(R·x)/Δ + u⌋, between −2^(bits−1) and 2^(bits−1) − 1, written modulo 2^width
//   Σx ≈ R⁻¹(Δ·Σk)
//
// This is no codec that a plan can name: a payload means nothing without the terms of its round.
import { TributaryError } from "../errors.ts";
import { GOLDEN, mix } from "../kernels/mix.ts";
import type { UpdateKernels } from "../kernels/update-kernels.ts";
import { CodecWorkspace } from "./codec-workspace.ts";
import { rotateBlock, rotateBlockBack, rotationGrowth } from "./rotation.ts";
import { notFinite } from "./update-codec.ts";
import { blockAt, blockKey, sumOverBlocks, type ValueBlock } from "./value-blocks.ts";

/** What all clients of a round share. */
export interface SharedStepTerms {
  /** Seed of the rotation, 32 bits. */
  readonly rotationSeed: number;
  /** Δ, weight units of the rotated update, whose values have the deviation ‖x‖/√d; > 0. */
  readonly step: number;
  /** Bits of one client's integer, 2 to 16. */
  readonly bits: number;
  /** Bits of the sum, from `bits` to 32: see `sharedStepWidth`. */
  readonly width: number;
}

/** One client's update as integers. */
export interface SharedStepUpdate {
  /** Uint32 below 2^width, shape [sharedStepLength(dimension)]. */
  readonly integers: Uint32Array;
  /**
   * How many values were beyond the range of `bits` and cut to it. Cut values are biased, so that a
   * client with many of them should not report.
   */
  readonly clipped: number;
}

/**
 * The number of integers of an update of `dimension` values, with the padding of its last block.
 */
export function sharedStepLength(dimension: number): number {
  return sumOverBlocks("rotation", dimension, (size) => size);
}

/**
 * The width with which no sum of `clients` integers of `bits` bits can wrap around:
 * bits + ⌈log₂ clients⌉.
 */
export function sharedStepWidth(bits: number, clients: number): number {
  return bits + Math.ceil(Math.log2(clients));
}

/**
 * A smaller width, with which about one sum in a million wraps around: the least with
 * 2^width ≥ 2k·√(σ² + n·Δ²/4)/Δ, k = 5.
 * @param spread - σ, the deviation of the sum's rotated values, weight units.
 */
export function likelySharedStepWidth(step: number, spread: number, clients: number): number {
  const deviation = Math.sqrt(spread ** 2 + (clients * step ** 2) / 4);
  return Math.ceil(Math.log2((10 * deviation) / step));
}

/**
 * Encodes one client's update. E‖x̂ − x‖² is d·Δ²/6, or d·Δ²/12 if the server knows the rounding
 * seed and subtracts the dither that it stands for.
 * @param update - Float32, shape [dimension]; not modified.
 * @param roundingSeed - 32 bits that no other client has; secret, or public for subtractive dither.
 * @throws TributaryError `UPDATE_NOT_FINITE`, or `BAD_PARAMETER` for terms out of range.
 * @see arXiv:1610.05492 §3; for subtractive dither L. Schuchman, "Dither signals and their effect
 *   on quantization noise" (1964)
 */
export function encodeSharedStep(
  update: Float32Array,
  terms: SharedStepTerms,
  roundingSeed: number,
  kernels: UpdateKernels,
): SharedStepUpdate {
  checkTerms(terms);
  const { bits, width, step, rotationSeed } = terms;
  const space = new CodecWorkspace(kernels);
  const integers = new Uint32Array(sharedStepLength(update.length));
  const mask = maskOf(width);
  const half = 2 ** (bits - 1);
  let clipped = 0;
  eachBlock(update.length, (block, start) => {
    const { offset, length, size, index } = block;
    space.values.set(update.subarray(offset, offset + length));
    space.values.fill(0, length, size);
    rotateBlock(space, size, index, rotationSeed, 1);
    const grid = step * rotationGrowth(size, 1);
    const [lowest, highest] = [-half * grid, (half - 1) * grid];
    const { codes, codesAt, values, valuesAt } = space;
    for (let i = 0; i < size; i++) {
      const value = values[i]!;
      // A value that can be rounded into the range does not count as cut.
      if (value < lowest || value > highest) clipped += 1;
      else if (Number.isNaN(value)) throw notFinite(offset, value);
    }
    const key = blockKey(roundingSeed, index, 2);
    kernels.quantizeGrid(valuesAt, size, lowest, 1 / grid, 2 * half - 1, key, codesAt);
    for (let i = 0; i < size; i++) integers[start + i] = (codes[i]! - half) & mask;
  });
  return { integers, clipped };
}

/**
 * Decodes a sum of updates, whose integers were added up modulo 2^width.
 * @param sum - Uint32, shape [sharedStepLength(dimension)]; not modified.
 * @param ditherSeeds - If the rounding seeds are public, those of exactly the clients in the sum;
 *   otherwise none.
 * @returns Float32, shape [dimension]: Σ x̂. It is right only if no sum was outside −2^(width−1) to
 *   2^(width−1) − 1.
 */
export function decodeSharedStepSum(
  sum: Uint32Array,
  dimension: number,
  terms: SharedStepTerms,
  ditherSeeds: readonly number[],
  kernels: UpdateKernels,
): Float32Array {
  checkTerms(terms);
  if (sum.length !== sharedStepLength(dimension)) {
    throw new TributaryError(
      "UPDATE_SHAPE",
      `The sum has ${sum.length} integers where ${dimension} values take ${sharedStepLength(dimension)}`,
    );
  }
  const space = new CodecWorkspace(kernels);
  const total = new Float32Array(dimension);
  const shift = 32 - terms.width;
  eachBlock(dimension, ({ offset, length, size, index }, start) => {
    const keys = ditherSeeds.map((seed) => blockKey(seed, index, 2));
    for (let i = 0; i < size; i++) {
      const signed = (sum[start + i]! << shift) >> shift;
      let dither = 0;
      for (const key of keys) {
        dither += (mix(key + Math.imul(i, GOLDEN)) >>> 0) * 2 ** -32 - 0.5;
      }
      space.values[i] = (signed - dither) * terms.step;
    }
    rotateBlockBack(space, size, index, terms.rotationSeed, 1, 1 / rotationGrowth(size, 1));
    total.set(space.values.subarray(0, length), offset);
  });
  return total;
}

/** Visits all blocks. @param visit - Takes a block and the index of its first integer. */
function eachBlock(dimension: number, visit: (block: ValueBlock, start: number) => void): void {
  for (let offset = 0, start = 0, index = 0; offset < dimension; index++) {
    const block = blockAt("rotation", dimension, offset, index);
    visit(block, start);
    offset += block.length;
    start += block.size;
  }
}

/** The mask of `width` bits as a signed number, also for 32 bits. */
const maskOf = (width: number): number => (2 ** width - 1) | 0;

/** @throws TributaryError `BAD_PARAMETER` for terms that are out of range. */
function checkTerms({ step, bits, width }: SharedStepTerms): void {
  const isWhole = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  if (Number.isFinite(step) && step > 0 && isWhole(bits, 2, 16) && isWhole(width, bits, 32)) return;
  throw new TributaryError(
    "BAD_PARAMETER",
    `Integers of ${bits} bits, steps of ${step} and sums of ${width} bits do not go together`,
    { remedy: "Use a step above 0, 2 to 16 bits, and a width from there to 32." },
  );
}
