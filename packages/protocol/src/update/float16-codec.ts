import { TributaryError } from "../errors.ts";
import { blockCodec } from "./block-codec.ts";
import type { CodecDefinition } from "./codec-definition.ts";
import { notFinite } from "./update-codec.ts";
import { blockKey } from "./value-blocks.ts";

/** What a plan says to send updates in half precision. */
export interface Float16Spec {
  readonly codec: "float16";
}

/** The largest number of IEEE 754 binary16. */
const LARGEST = 65_504;
/** Codes from here on, without their sign, are infinite or not a number. */
const INFINITE = 0x7c00;

/**
 * Half precision, two bytes for each value: |x̂ − x| ≤ 2⁻¹⁰ · |x|, or 2⁻²⁴ where |x| is below
 * 6.1e-5. Each value is rounded at random to one of the two nearest numbers, so that the mean over
 * many clients is more precise than the update of one of them.
 * @see IEEE 754-2019 §3.6 (binary16)
 */
export const float16Codec: CodecDefinition<Float16Spec> = {
  name: "float16",
  meaning: "Half precision: two bytes for each value.",
  parameters: {},
  isReadableAlone: true,
  leavesResidual: false,
  isMostlyZero: () => false,
  isMostlyError: () => false,
  mostStretch: () => 1 + 2 ** -10,
  create: (_, kernels) =>
    blockCodec(
      {
        name: "float16",
        sizes: "whole",
        seeded: false,
        bytes: (size) => 2 * size,
        encode({ kernels, values, valuesAt, packedAt }, { size, index }, { rounding }) {
          let maxAbs = 0;
          for (let i = 0; i < size; i++) maxAbs = Math.max(maxAbs, Math.abs(values[i]!));
          if (maxAbs > LARGEST) throw tooLarge(maxAbs);
          kernels.toHalf(valuesAt, size, blockKey(rounding, index, 2), packedAt);
          return { bytes: 2 * size, maxAbs };
        },
        validate({ kernels, codes, codesAt, packedAt }, { offset, size }) {
          kernels.unpack(packedAt, size, 16, codesAt);
          let largest = 0;
          for (let i = 0; i < size; i++) {
            const magnitude = codes[i]! & 0x7fff;
            if (magnitude > largest) largest = magnitude;
          }
          if (largest < INFINITE) return halfValue(largest);
          const bad = codes.subarray(0, size).findIndex((code) => (code & 0x7fff) >= INFINITE);
          throw notFinite(offset + bad, (codes[bad]! & 0x7fff) === INFINITE ? Infinity : NaN);
        },
        decode: ({ kernels, valuesAt, packedAt }, { size }) =>
          kernels.fromHalf(packedAt, size, valuesAt),
      },
      kernels,
    ),
};

/** The value of a binary16 number without its sign. */
function halfValue(code: number): number {
  const exponent = code >> 10;
  const mantissa = code & 1_023;
  return exponent === 0 ? mantissa * 2 ** -24 : (1_024 + mantissa) * 2 ** (exponent - 25);
}

function tooLarge(maxAbs: number): TributaryError {
  return new TributaryError(
    "UPDATE_OUT_OF_RANGE",
    `The update has a value of magnitude ${maxAbs}, beyond float16's ${LARGEST}`,
    { remedy: "Lower the plan's learning rate or set clipNorm: training diverged." },
  );
}
