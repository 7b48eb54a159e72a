import { wholeNumbers } from "../schema/parameter.ts";
import type { CodecDefinition } from "./codec-definition.ts";
import type { CodecWorkspace } from "./codec-workspace.ts";
import { checkPadding } from "./grid.ts";
import { NORM_BYTES, impossibleCode, normCodes, quantizeLevels } from "./norm-grid.ts";
import { packedBytes } from "./packed-bytes.ts";
import { entropyFault, entropyParameter, quantizerCodec, type Quantizer } from "./quantizer.ts";
import { blockKey } from "./value-blocks.ts";

/** What a plan says to use QSGD. */
export interface QsgdSpec {
  readonly codec: "qsgd";
  /** Bits of each value including its sign, 2 to 16; 2 to 8 with entropy coding. */
  readonly bits: number;
  /** Whether the codes are entropy coded, which loses nothing; payloads then vary in length. */
  readonly entropy?: boolean;
}

/**
 * QSGD: s = 2^(bits−1) − 1 levels on each side of 0, up to the block's L2 norm, rounded at random:
 * E‖x̂ − x‖² ≤ min(d/s², √d/s) · ‖x‖² with d = 4,096, and |x̂ − x| ≤ ‖x‖/s.
 * @see arXiv:1610.02132 §3.1, Lemma 3.1; buckets as in §4
 */
export const qsgdCodec: CodecDefinition<QsgdSpec> = {
  name: "qsgd",
  meaning: "Rounds each value at random to a level between 0 and the norm of its block.",
  parameters: {
    bits: {
      values: wholeNumbers(2, 16),
      byDefault: 8,
      meaning: "Bits of each value, including its sign.",
    },
    entropy: entropyParameter,
  },
  fault: entropyFault,
  isReadableAlone: true,
  leavesResidual: false,
  isMostlyZero: () => false,
  isMostlyError: ({ bits }) => bits < 7,
  mostStretch({ bits }, size) {
    const levels = 2 ** (bits - 1) - 1;
    return Math.sqrt(1 + Math.min(size / levels ** 2, Math.sqrt(size) / levels));
  },
  create({ bits, entropy }, kernels) {
    const levels = 2 ** (bits - 1) - 1;
    const unpack = ({ kernels: k, packedAt, codesAt }: CodecWorkspace, size: number): void =>
      k.unpack(packedAt + NORM_BYTES, size, bits, codesAt);
    const quantizer: Quantizer = {
      ...normCodes("qsgd", levels),
      packedBytes: (size) => packedBytes(size, bits),
      quantize(space, { size, index }, { rounding }) {
        const squares = space.kernels.sumOfSquares(space.valuesAt, size);
        const norm = floatAtLeast(Math.sqrt(squares));
        quantizeLevels(space, size, norm, levels, blockKey(rounding, index, 2));
        return norm;
      },
      pack: ({ kernels: k, codesAt, packedAt }, size) =>
        k.pack(codesAt, size, bits, packedAt + NORM_BYTES),
      validatePacked(space, { size, offset }) {
        unpack(space, size);
        checkCodes(space.codes, size, 2 * levels, offset);
        checkPadding(space, NORM_BYTES, size * bits, offset);
      },
      decodePacked(space, block, seed) {
        unpack(space, block.size);
        this.dequantize(space, block, seed);
      },
    };
    return quantizerCodec(quantizer, entropy, kernels);
  },
};

/** Refuses codes above the highest level: of the 2^bits codes, the last one has no level. */
function checkCodes(codes: Uint16Array, size: number, most: number, offset: number): void {
  for (let i = 0; i < size; i++) if (codes[i]! > most) throw impossibleCode(offset);
}

/**
 * The smallest float32 that is at least `value`, so that the norm bounds all values of the block.
 */
function floatAtLeast(value: number): number {
  const rounded = Math.fround(value);
  return rounded >= value ? rounded : Math.fround(value * (1 + 2 ** -23) + 2 ** -149);
}
