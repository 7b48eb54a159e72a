// Grids that are symmetric about 0 and known from one number a block: float32 norm ‖ codes. The level of code c is
// (c − s)·norm/s.
import { TributaryError } from "../errors.ts";
import type { KernelSource } from "./block-codec.ts";
import type { CodecWorkspace } from "./codec-workspace.ts";
import { checkPadding } from "./grid.ts";
import { packedBytes } from "./packed-bytes.ts";
import { quantizerCodec, type Quantizer } from "./quantizer.ts";
import { readScale } from "./read-scale.ts";
import { packTrits, tritBytes, unpackTrits } from "./trits.ts";
import { malformed, type UpdateCodec } from "./update-codec.ts";
import { blockKey } from "./value-blocks.ts";

const NORM_BYTES = 4;

/**
 * QSGD: s = 2^(bits−1) − 1 levels a side of the block's L2 norm, rounded at random:
 * E‖x̂ − x‖² ≤ min(d/s², √d/s)·‖x‖² with d = 4,096, and |x̂ − x| ≤ ‖x‖/s.
 * @param bits - Per value, sign included, 2 to 16; with entropy coding to 8.
 * @param entropy - See `quantizerCodec`: the same values in fewer bytes.
 * @throws TributaryError `BAD_PARAMETER`.
 * @see arXiv:1610.02132 §3.1, Lemma 3.1; buckets as in §4
 */
export function qsgdCodec(
  { bits, entropy }: { readonly bits: number; readonly entropy?: boolean },
  kernels: KernelSource,
): UpdateCodec {
  if (!Number.isInteger(bits) || bits < 2 || bits > 16) {
    throw new TributaryError("BAD_PARAMETER", `The QSGD codec cannot use ${bits} bits`, {
      remedy: "Use a whole number from 2 to 16.",
    });
  }
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
}

/**
 * TernGrad: −m, 0 or m, m being the block's largest magnitude, five values to a byte: E‖x̂ − x‖² = Σ |x|·(m − |x|).
 * @param entropy - See `quantizerCodec`: the same values in fewer bytes.
 * @see arXiv:1705.07878, equation 3
 */
export function ternGradCodec(
  { entropy }: { readonly entropy?: boolean },
  kernels: KernelSource,
): UpdateCodec {
  const quantizer: Quantizer = {
    ...normCodes("terngrad", 1),
    packedBytes: tritBytes,
    quantize(space, { size, index }, { rounding }) {
      let largest = 0;
      for (let i = 0; i < size; i++) largest = Math.max(largest, Math.abs(space.values[i]!));
      quantizeLevels(space, size, largest, 1, blockKey(rounding, index, 2));
      return largest;
    },
    pack: ({ codes, packed }, size) => packTrits(codes, size, packed.subarray(NORM_BYTES)),
    validatePacked(space, { size, offset }) {
      const packed = space.packed.subarray(NORM_BYTES, NORM_BYTES + tritBytes(size));
      if (packed.some((byte) => byte >= 243)) throw impossible(offset);
      const used = size % 5;
      if (used !== 0 && packed.at(-1)! >= 3 ** used) {
        throw malformed(
          `The update's block at value ${offset} has digits after its last code`,
          offset,
        );
      }
    },
    decodePacked({ packed, packedView, values }, { size }) {
      unpackTrits(packed.subarray(NORM_BYTES), size, packedView.getFloat32(0, true), values);
    },
  };
  return quantizerCodec(quantizer, entropy, kernels);
}

/** What the quantizers of both have in common: a norm, which bounds all values, and levels a side. */
function normCodes(
  name: string,
  levels: number,
): Omit<Quantizer, "packedBytes" | "quantize" | "pack" | "validatePacked" | "decodePacked"> {
  return {
    name,
    sizes: "whole",
    seeded: false,
    headerBytes: NORM_BYTES,
    highestCode: 2 * levels,
    validateHeader: (space, { offset }) => readScale(space.packedView, offset),
    dequantize({ kernels, codesAt, valuesAt, packedView }, { size }) {
      const norm = packedView.getFloat32(0, true);
      kernels.affine(codesAt, size, -norm, norm / levels, valuesAt);
    },
  };
}

function quantizeLevels(
  space: CodecWorkspace,
  size: number,
  norm: number,
  levels: number,
  key: number,
): void {
  space.packedView.setFloat32(0, norm, true);
  const { kernels, valuesAt, codesAt } = space;
  if (norm === 0) space.codes.fill(levels, 0, size);
  else kernels.quantizeGrid(valuesAt, size, -norm, levels / norm, 2 * levels, key, codesAt);
}

function checkCodes(codes: Uint16Array, size: number, most: number, offset: number): void {
  for (let i = 0; i < size; i++) if (codes[i]! > most) throw impossible(offset);
}

function impossible(offset: number): TributaryError {
  return malformed(`The update's block at value ${offset} has a code that means nothing`, offset);
}

/** The least float32 that is not below `value`. */
function floatAtLeast(value: number): number {
  const rounded = Math.fround(value);
  return rounded >= value ? rounded : Math.fround(value * (1 + 2 ** -23) + 2 ** -149);
}
