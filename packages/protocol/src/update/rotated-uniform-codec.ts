// Each block is rotated at random and then written as the uniform codec writes it, behind the seed
// of the rotations: seed (4) ‖ for each block: float32 min ‖ float32 step ‖ codes.
import { wholeNumbers } from "../schema/parameter.ts";
import type { CodecDefinition } from "./codec-definition.ts";
import type { CodecWorkspace } from "./codec-workspace.ts";
import {
  gridBound,
  gridCodes,
  quantizeOnGrid,
  readGrid,
  readOnGrid,
  valuesOnGrid,
} from "./grid.ts";
import { entropyFault, entropyParameter, quantizerCodec, type Quantizer } from "./quantizer.ts";
import { rotateBlock, rotateBlockBack, rotatedBound, rotationGrowth } from "./rotation.ts";
import { blockKey, type ValueBlock } from "./value-blocks.ts";

/** What a plan says to use the uniform codec after a random rotation. */
export interface RotatedUniformSpec {
  readonly codec: "rotated-uniform";
  /** Bits of each value, 1 to 16; 1 to 8 with entropy coding. */
  readonly bits: number;
  /** Whether the codes are entropy coded, which loses nothing; payloads then vary in length. */
  readonly entropy?: boolean;
}

/**
 * The uniform grid after a random rotation, which leaves no value far from the others: E‖x̂ − x‖² ≤
 * r²/4 · ‖x‖² with r = step/σ, about 8/(2^bits − 1) for blocks of 4,096 values. At every number of
 * bits the error of EDEN is smaller.
 * @see arXiv:1611.00429 §3 (stochastic rotated quantization)
 */
export const rotatedUniformCodec: CodecDefinition<RotatedUniformSpec> = {
  name: "rotated-uniform",
  meaning: "Rotates each block at random, then rounds as the codec `uniform` does.",
  parameters: {
    bits: { values: wholeNumbers(1, 16), byDefault: 8, meaning: "Bits of each value." },
    entropy: entropyParameter,
  },
  fault: entropyFault,
  isReadableAlone: true,
  leavesResidual: false,
  isMostlyZero: () => false,
  isMostlyError: ({ bits }) => bits < 2,
  mostStretch: ({ bits }) => Math.sqrt(1 + 16 / (2 ** bits - 1) ** 2),
  create({ bits, entropy }, kernels) {
    const levels = 2 ** bits - 1;
    // The grid is that of the rotated values as the kernels leave them: too large by the growth.
    const bound = (largest: number, size: number): number =>
      rotatedBound((largest * Math.sqrt(size)) / rotationGrowth(size, 1));
    const rotateBack = (space: CodecWorkspace, { size, index }: ValueBlock, seed: number): void =>
      rotateBlockBack(space, size, index, seed, 1, 1 / size);
    const quantizer: Quantizer = {
      ...gridCodes(bits),
      name: "rotated-uniform",
      sizes: "rotation",
      seeded: true,
      quantize(space, { size, index }, { payload: seed, rounding }) {
        rotateBlock(space, size, index, seed, 1);
        const grid = quantizeOnGrid(space, size, levels, blockKey(rounding, index, 2));
        return bound(gridBound(grid, levels), size);
      },
      validateHeader: (space, { size, offset }) =>
        bound(gridBound(readGrid(space.packedView, offset), levels), size),
      decodePacked(space, block, seed) {
        readOnGrid(space, block.size, bits);
        rotateBack(space, block, seed);
      },
      dequantize(space, block, seed) {
        valuesOnGrid(space, block.size);
        rotateBack(space, block, seed);
      },
    };
    return quantizerCodec(quantizer, entropy, kernels);
  },
};
