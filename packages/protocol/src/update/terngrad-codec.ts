import type { CodecDefinition } from "./codec-definition.ts";
import { NORM_BYTES, impossibleCode, normCodes, quantizeLevels } from "./norm-grid.ts";
import { entropyParameter, quantizerCodec, type Quantizer } from "./quantizer.ts";
import { packTrits, tritBytes, unpackTrits } from "./trits.ts";
import { malformed } from "./update-codec.ts";
import { blockKey } from "./value-blocks.ts";

/** What a plan says to use TernGrad. */
export interface TernGradSpec {
  readonly codec: "terngrad";
  /** Whether the codes are entropy coded, which loses nothing; payloads then vary in length. */
  readonly entropy?: boolean;
}

/** A byte holds five digits of base 3, so that bytes from 3⁵ on stand for nothing. */
const BYTE_END = 243;

/**
 * TernGrad: each value becomes −m, 0 or m, where m is the largest magnitude of its block, and five
 * values share a byte: E‖x̂ − x‖² = Σ |x| · (m − |x|).
 * @see arXiv:1705.07878, equation 3
 */
export const ternGradCodec: CodecDefinition<TernGradSpec> = {
  name: "terngrad",
  meaning:
    "Rounds each value at random to −m, 0 or m, where m is the largest magnitude of its block: 1.6 bits.",
  parameters: { entropy: entropyParameter },
  isReadableAlone: true,
  leavesResidual: false,
  isMostlyZero: () => false,
  isMostlyError: () => true,
  // Σ |x| · (m − |x|) is largest for one value of m and others of m/√size.
  mostStretch: (_, size) => Math.sqrt(1 + Math.sqrt(size) / 2),
  create({ entropy }, kernels) {
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
        if (packed.some((byte) => byte >= BYTE_END)) throw impossibleCode(offset);
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
  },
};
