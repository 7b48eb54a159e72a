import { TributaryError } from "../errors.ts";
import { blockCodec, type KernelSource } from "./block-codec.ts";
import { notFinite, type UpdateCodec } from "./update-codec.ts";
import { blockKey } from "./value-blocks.ts";

/** Largest number of IEEE 754 binary16. */
const LARGEST = 65_504;
const INFINITE = 0x7c00;

/**
 * Half precision, 2 bytes a value: |x̂ − x| ≤ 2⁻¹⁰·|x|, or 2⁻²⁴ below 6.1e-5. Rounded at random to one of the two nearest
 * numbers, so that the mean over many clients keeps what one of them cannot say.
 * @see IEEE 754-2019 §3.6 (binary16)
 */
export function float16Codec(kernels: KernelSource): UpdateCodec {
  return blockCodec(
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
  );
}

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
