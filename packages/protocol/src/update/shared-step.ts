// Updates as integers that add up: for secure aggregation, where the server sees the sum of masked updates only. All clients of a
// round share the rotation, the step Δ and the modulus, so that a sum of integers means a sum of updates.
//
//   k = ⌊(R·x)/Δ + u⌋, between −2^(bits−1) and 2^(bits−1) − 1, written modulo 2^width          Σx ≈ R⁻¹(Δ·Σk)
//
// Not a codec of a plan: a payload of its own says nothing without the round's terms, and masks are what makes it worth its bits.
import { TributaryError } from "../errors.ts";
import { GOLDEN, mix, type Kernels } from "../kernels/kernels.ts";
import { CodecWorkspace } from "./codec-workspace.ts";
import { rotateBlock, rotateBlockBack, rotationGrowth } from "./rotation.ts";
import { notFinite } from "./update-codec.ts";
import { blockAt, blockKey, sumOverBlocks, type ValueBlock } from "./value-blocks.ts";

/** What all clients of a round have in common. */
export interface SharedStepTerms {
  /** Of the rotation, 32 bits. */
  readonly rotationSeed: number;
  /** Δ, in weight units of the rotated update, whose values have the deviation ‖x‖/√d; > 0. */
  readonly step: number;
  /** Of one client's integer, 2 to 16. */
  readonly bits: number;
  /** Of the sum, `bits` to 32: see `sharedStepWidth`. */
  readonly width: number;
}

/** One client's update on the grid that all clients of a round share. */
export interface SharedStepUpdate {
  /** Uint32 below 2^width, shape [sharedStepLength(dimension)]. */
  readonly integers: Uint32Array;
  /** Values beyond the range of `bits`, which were cut to it: a bias, so that a client with many should not report. */
  readonly clipped: number;
}

/** Integers of an update of `dimension` values: with the padding of its last block. */
export function sharedStepLength(dimension: number): number {
  return sumOverBlocks("rotation", dimension, (size) => size);
}

/** The width with which no sum of `clients` integers of `bits` bits wraps around: bits + ⌈log₂ clients⌉. */
export function sharedStepWidth(bits: number, clients: number): number {
  return bits + Math.ceil(Math.log2(clients));
}

/**
 * A smaller width, with which a sum wraps around once in a million values: the least with 2^width ≥ 2k·√(σ² + n·Δ²/4)/Δ, k = 5.
 * @param spread - σ, the deviation of the sum's rotated values, weight units.
 */
export function likelySharedStepWidth(step: number, spread: number, clients: number): number {
  const deviation = Math.sqrt(spread ** 2 + (clients * step ** 2) / 4);
  return Math.ceil(Math.log2((10 * deviation) / step));
}

/**
 * Encodes one client's update: E‖x̂ − x‖² is d·Δ²/6, or d·Δ²/12 where the server knows the rounding seed and takes it off.
 * @param update - Float32, shape [dimension]; not modified.
 * @param roundingSeed - 32 bits of the client's own: secret, or public for subtractive dither. Not that of another client.
 * @throws TributaryError `UPDATE_NOT_FINITE`, or `BAD_PARAMETER` for terms out of range.
 * @see arXiv:1610.05492 §3; for subtractive dither L. Schuchman, "Dither signals and their effect on quantization noise" (1964)
 */
export function encodeSharedStep(
  update: Float32Array,
  terms: SharedStepTerms,
  roundingSeed: number,
  kernels: Kernels,
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
      // Only what cannot be rounded into the range counts as cut.
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
 * The sum of the updates whose integers were added up modulo 2^width.
 * @param sum - Uint32, shape [sharedStepLength(dimension)]; not modified.
 * @param ditherSeeds - The rounding seeds of exactly the clients in the sum, where they are public; else none.
 * @returns Float32, shape [dimension]: Σ x̂. Right only if no sum left −2^(width−1) … 2^(width−1) − 1.
 */
export function decodeSharedStepSum(
  sum: Uint32Array,
  dimension: number,
  terms: SharedStepTerms,
  ditherSeeds: readonly number[],
  kernels: Kernels,
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

/** @param visit - Gets each block with the index of its first integer. */
function eachBlock(dimension: number, visit: (block: ValueBlock, start: number) => void): void {
  for (let offset = 0, start = 0, index = 0; offset < dimension; index++) {
    const block = blockAt("rotation", dimension, offset, index);
    visit(block, start);
    offset += block.length;
    start += block.size;
  }
}

/** As a signed number, for 32 bits too. */
const maskOf = (width: number): number => (2 ** width - 1) | 0;

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
