// Each block is rotated at random, after which its values look like draws from a normal distribution, whatever they were; so one
// table of nearest values serves all of them:
//
//   seed of the rotations (4) ‖ for each block: float32 scale S ‖ packed codes           x̂ = R⁻¹(S·q), q = table[code]
import { TributaryError } from "../errors.ts";
import { blockCodec, type BlockScheme, type KernelSource } from "./block-codec.ts";
import { HALF_CENTROIDS } from "./normal-quantizers.generated.ts";
import { readScale } from "./read-scale.ts";
import { rotateBlock, rotateBlockBack, rotatedBound, rotationGrowth } from "./rotation.ts";
import type { UpdateCodec } from "./update-codec.ts";

/** Bits a value. Below 1, so many of the rotated values are sent, one bit each. */
export const EDEN_BITS = [0.0625, 0.125, 0.25, 0.5, 1, 2, 3, 4, 8] as const;

export type EdenBits = (typeof EDEN_BITS)[number];

const SCALE_BYTES = 4;
/** One leaves blocks with few large values biased: the error of a mean of n would not fall as 1/n. */
const ROUNDS = 2;
/** Where the tables are: the values, the thresholds between them, and where to begin to compare. */
const THRESHOLDS_AT = 1_024;
const HINTS_AT = 1_536;
const HINTS = 640;
const HINTS_PER_UNIT = 128;

/**
 * EDEN: a random rotation, the nearest of 2^bits values of a normal distribution, and a scale that makes the whole unbiased.
 * E‖x̂ − x‖² / ‖x‖² is .571, .133, .0358, .0096 and 4.1e-5 at 1, 2, 3, 4 and 8 bits, and 1.571/bits − 1 below one, whatever
 * the update. At one bit this is DRIVE.
 *
 * Two of the paper's choices differ: the rotation is of blocks of 4,096 values, and of two rounds of signs and Hadamard's matrix
 * where the paper has one.
 * @throws TributaryError `BAD_PARAMETER`.
 * @see arXiv:2108.08842, Algorithm 1 and §4 (EDEN); arXiv:2105.08339 (DRIVE)
 */
export function edenCodec(
  { bits, name = "eden" }: { readonly bits: number; readonly name?: string },
  kernels: KernelSource,
): UpdateCodec {
  return blockCodec(edenScheme(edenBits(bits), name), kernels);
}

function edenBits(bits: number): EdenBits {
  const known = EDEN_BITS.find((one) => one === bits);
  if (known !== undefined) return known;
  throw new TributaryError("BAD_PARAMETER", `The EDEN codec cannot use ${bits} bits`, {
    remedy: `Use one of ${EDEN_BITS.join(", ")}.`,
  });
}

function edenScheme(bits: EdenBits, name: string): BlockScheme {
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
      // The rotated values are too large by the growth: so is ⟨q, y⟩, and ‖y‖² is by its square.
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
      // S = ‖y‖² / ⟨q, y⟩ makes ⟨x̂, x⟩ = ‖x‖²; where some values are left out, their share is made up for.
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

/** Values in ascending order, the positive borders between them, and for each 1/128 the number of borders below it. */
function tablesOf(halves: readonly number[]): {
  readonly centroids: Float32Array;
  /** And NaN at the end, which nothing reaches. */
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
