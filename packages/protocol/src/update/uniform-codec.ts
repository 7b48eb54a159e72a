// The payload of the uniform codec. The update is cut into blocks of 4,096 values, the last of
// which may be shorter. Each block has a grid of 2^bits levels of its own:
//
//   float32 min ‖ float32 step ‖ codes               (all little-endian)
//
// A code stands for the value min + step · code, computed in float64 and rounded to float32. A
// value between two levels becomes one of them at random, the nearer one more often, so that the
// mean over many encodings is the value itself.
import { wholeNumbers } from "../schema/parameter.ts";
import type { CodecDefinition } from "./codec-definition.ts";
import {
  checkPadding,
  GRID_BYTES,
  gridBound,
  gridCodes,
  quantizeOnGrid,
  readGrid,
  readOnGrid,
  valuesOnGrid,
} from "./grid.ts";
import { entropyFault, entropyParameter, quantizerCodec, type Quantizer } from "./quantizer.ts";
import { blockKey } from "./value-blocks.ts";

/** What a plan says to use the uniform codec. */
export interface UniformSpec {
  readonly codec: "uniform";
  /** Bits of each value, 1 to 16; 1 to 8 with entropy coding. */
  readonly bits: number;
  /** Whether the codes are entropy coded, which loses nothing; payloads then vary in length. */
  readonly entropy?: boolean;
}

/**
 * A uniform grid for each block, with unbiased stochastic rounding: |x̂ − x| is at most one step,
 * plus half a float32 rounding of x̂.
 * @see arXiv:1610.05492 §3 (probabilistic quantization)
 */
export const uniformCodec: CodecDefinition<UniformSpec> = {
  name: "uniform",
  meaning:
    "Rounds each value at random to a level of a grid; each block of 4,096 values has its own.",
  parameters: {
    bits: { values: wholeNumbers(1, 16), byDefault: 8, meaning: "Bits of each value." },
    entropy: entropyParameter,
  },
  fault: entropyFault,
  isReadableAlone: true,
  leavesResidual: false,
  isMostlyZero: () => false,
  isMostlyError: ({ bits }) => bits < 3,
  // The error is largest where one value is at each end of the grid and the others are half way
  // between two levels: step²/4 a value, with (levels · step)² = 2 · ‖x‖².
  mostStretch: ({ bits }, size) => Math.sqrt(1 + size / 2 / (2 ** bits - 1) ** 2),
  create({ bits, entropy }, kernels) {
    const levels = 2 ** bits - 1;
    const quantizer: Quantizer = {
      ...gridCodes(bits),
      name: "uniform",
      sizes: "whole",
      seeded: false,
      quantize: (space, { size, index }, { rounding }) =>
        gridBound(quantizeOnGrid(space, size, levels, blockKey(rounding, index, 2)), levels),
      validateHeader: (space, { offset }) => gridBound(readGrid(space.packedView, offset), levels),
      validatePacked: (space, { size, offset }) =>
        checkPadding(space, GRID_BYTES, size * bits, offset),
      decodePacked: (space, { size }) => readOnGrid(space, size, bits),
      dequantize: (space, { size }) => valuesOnGrid(space, size),
    };
    return quantizerCodec(quantizer, entropy, kernels);
  },
};
