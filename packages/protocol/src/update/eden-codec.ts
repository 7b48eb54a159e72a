// Each block is rotated at random. Whatever its values were, they then look like draws from a
// normal distribution, so that one table of values to round to serves all blocks:
//
//   seed of the rotations (4) ‖ for each block: float32 scale S ‖ packed codes           x̂ = R⁻¹(S·q), q = table[code]
import { choice, flags } from "../schema/parameter.ts";
import { blockCodec, type BlockScheme } from "./block-codec.ts";
import type { CodecDefinition } from "./codec-definition.ts";
import { ENTROPY_BITS, entropyEdenScheme, isEntropyBits } from "./entropy-eden.ts";
import { HALF_CENTROIDS } from "./normal-quantizers.generated.ts";
import { readScale } from "./read-scale.ts";
import { rotateBlock, rotateBlockBack, rotatedBound, rotationGrowth } from "./rotation.ts";

/**
 * Bits of each value. Below 1 it is the share of the rotated values that is sent, in one bit each.
 */
const EDEN_BITS = [0.0625, 0.125, 0.25, 0.5, 1, 2, 3, 4, 8] as const;

type EdenBits = (typeof EDEN_BITS)[number];

/** What a plan says to use EDEN. */
export interface EdenSpec {
  readonly codec: "eden";
  /** Bits of each value; 1 to 4 with entropy coding, on average. */
  readonly bits: EdenBits;
  /**
   * Whether the codes are entropy coded, with less error for as many bits. Payloads vary in length.
   */
  readonly entropy?: boolean;
}

const SCALE_BYTES = 4;
/**
 * With one round a block that has few large values would stay biased, and the error of a mean of n
 * updates would not fall as 1/n.
 */
const ROUNDS = 2;
/** Where the tables begin: the values, the borders between them, and where to begin to compare. */
const THRESHOLDS_AT = 1_024;
const HINTS_AT = 1_536;
const HINTS = 640;
const HINTS_PER_UNIT = 128;

/**
 * EDEN: rotates each block at random, rounds to the nearest of 2^bits values that suit a normal
 * distribution, and sends a scale that makes the whole unbiased. Whatever the update,
 * E‖x̂ − x‖² / ‖x‖² is .571, .133, .0358, .0096 and 4.1e-5 at 1, 2, 3, 4 and 8 bits, and
 * 1.571/bits − 1 below one bit. At one bit EDEN is DRIVE.
 *
 * This codec differs from the paper in two choices. It rotates blocks of 4,096 values, and a
 * rotation has two rounds of random signs and Hadamard's matrix where the paper has one.
 * @see arXiv:2108.08842, Algorithm 1 and §4 (EDEN); arXiv:2105.08339 (DRIVE)
 */
export const edenCodec: CodecDefinition<EdenSpec> = {
  name: "eden",
  meaning:
    "Rotates each block at random and rounds to the nearest of 2^bits values: the least error for its bits.",
  parameters: {
    bits: {
      values: choice(EDEN_BITS),
      byDefault: 4,
      meaning: "Bits of each value; below 1, the share of the rotated values that is sent.",
    },
    entropy: {
      values: flags,
      optional: true,
      meaning: "Entropy coding: less error for as many bits, 1 to 4, on average.",
    },
  },
  fault: ({ bits, entropy }) =>
    entropy === true && !isEntropyBits(bits)
      ? { key: "entropy", remedy: `Use ${ENTROPY_BITS} bits, or no entropy coding.` }
      : undefined,
  isReadableAlone: true,
  leavesResidual: false,
  isMostlyZero: () => false,
  isMostlyError: ({ bits }) => bits < 1,
  mostStretch: edenStretch,
  create: ({ bits, entropy }, kernels) =>
    blockCodec(
      entropy === true && isEntropyBits(bits) ? entropyEdenScheme(bits) : edenScheme(bits, "eden"),
      kernels,
    ),
};

/** E‖x̂ − x‖² / ‖x‖² at one bit and more, without entropy coding. */
const ERRORS = { 1: 0.5708, 2: 0.1332, 3: 0.0358, 4: 0.0096, 8: 4.13e-5 } as const;

/** `mostStretch` of EDEN. With a seed of its own in each block, little is up to chance. */
export function edenStretch({ bits }: Pick<EdenSpec, "bits">): number {
  const error = bits < 1 ? (1 + ERRORS[1]) / bits - 1 : ERRORS[bits as keyof typeof ERRORS];
  return Math.sqrt(1 + 1.2 * error);
}

/** How EDEN treats one block without entropy coding. @param name - Of the codec. */
export function edenScheme(bits: EdenBits, name: string): BlockScheme {
  const codeBits = bits === 2 || bits === 3 || bits === 4 || bits === 8 ? bits : 1;
  const kept = (size: number): number => Math.min(size, size * bits);
  const { centroids, thresholds, hints } = tablesOf(HALF_CENTROIDS[codeBits]);
  const largest = centroids.at(-1)!;

  const magnitudeBound = (scale: number, size: number): number =>
    rotatedBound(scale * largest * Math.sqrt(kept(size)));

  return {
    name,
    sizes: "rotation",
    seeded: true,
    bytes: (size) => SCALE_BYTES + (kept(size) * codeBits) / 8,
    prepare(space) {
      space.table(0, centroids.length).set(centroids);
      space.table(THRESHOLDS_AT, thresholds.length).set(thresholds);
      space.tables.set(hints, HINTS_AT);
    },
    encode(space, { size, index }, { payload: seed }) {
      const { kernels, valuesAt, codesAt, packedAt, tablesAt } = space;
      const bytes = this.bytes(size);
      rotateBlock(space, size, index, seed, ROUNDS);
      // The rotated values are too large by the growth. So is ⟨q, y⟩, and ‖y‖² by its square.
      const squares = kernels.sumOfSquares(valuesAt, size);
      if (squares === 0) {
        space.packed.fill(0, 0, bytes);
        return { bytes, maxAbs: 0 };
      }
      kernels.quantizeNearest(
        valuesAt,
        size,
        Math.min(Math.sqrt(size / squares), 2 ** 127),
        tablesAt + THRESHOLDS_AT,
        thresholds.length - 1,
        tablesAt + HINTS_AT,
        codesAt,
      );
      const product = kernels.lookupDot(codesAt, size, tablesAt, valuesAt);
      // S = ‖y‖² / ⟨q, y⟩ makes ⟨x̂, x⟩ = ‖x‖². The values sent are scaled up for those left out.
      const scale = Math.fround(
        (squares / product / rotationGrowth(size, ROUNDS)) * (size / kept(size)),
      );
      space.packedView.setFloat32(0, scale, true);
      kernels.pack(codesAt, kept(size), codeBits, packedAt + SCALE_BYTES);
      return { bytes, maxAbs: magnitudeBound(scale, size) };
    },
    validate: (space, { size, offset }) =>
      magnitudeBound(readScale(space.packedView, offset), size),
    decode(space, block, seed) {
      const { kernels, valuesAt, packedAt, tablesAt } = space;
      const { size, index } = block;
      const count = kept(size);
      kernels.unpackLookup(packedAt + SCALE_BYTES, count, codeBits, tablesAt, valuesAt);
      if (count < size) space.values.fill(0, count, size);
      const scale = space.packedView.getFloat32(0, true);
      rotateBlockBack(space, size, index, seed, ROUNDS, scale / rotationGrowth(size, ROUNDS));
    },
  };
}

/**
 * The values to round to in ascending order, the positive borders between them, and for each step
 * of 1/128 the number of borders below it, which is where a kernel begins to compare.
 */
function tablesOf(halves: readonly number[]): {
  readonly centroids: Float32Array;
  /** With NaN at the end, which no comparison passes. */
  readonly thresholds: Float32Array;
  readonly hints: Uint8Array;
} {
  const negatives = halves.map((value) => -value).reverse();
  const centroids = Float32Array.from([...negatives, ...halves]);
  const borders = halves.slice(1).map((value, index) => (value + halves[index]!) / 2);
  const thresholds = Float32Array.from([...borders, NaN]);
  const hints = new Uint8Array(HINTS);
  for (let bucket = 0, below = 0; bucket < HINTS; bucket++) {
    while (below < thresholds.length && thresholds[below]! <= bucket / HINTS_PER_UNIT) below++;
    hints[bucket] = below;
  }
  return { centroids, thresholds, hints };
}
