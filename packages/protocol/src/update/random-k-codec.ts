// For each block the values at places that the seed gives, as float32: seed (4) ‖ values.
import { GOLDEN, mix } from "../kernels/mix.ts";
import { blockCodec, type KernelSource } from "./block-codec.ts";
import { checkFraction } from "./check-fraction.ts";
import { notFinite, type UpdateCodec } from "./update-codec.ts";
import { blockKey } from "./value-blocks.ts";

/**
 * Random-k: a share of each block's values, drawn at random and made up for: E‖x̂ − x‖² = (1/fraction − 1)·‖x‖². Costs four
 * bytes for each value sent and nothing for its place.
 * @param fraction - Above 0, at most 1.
 * @throws TributaryError `BAD_PARAMETER`.
 * @see arXiv:1610.05492 §3 (random mask); arXiv:1809.07599
 */
export function randomKCodec(
  { fraction }: { readonly fraction: number },
  kernels: KernelSource,
): UpdateCodec {
  checkFraction("random-k", fraction, 1);
  const kept = (size: number): number => Math.ceil(size * fraction);
  return blockCodec(
    {
      name: "random-k",
      sizes: "whole",
      seeded: true,
      bytes: (size) => 4 * kept(size),
      encode({ codes, values, packedView }, { size, index }, { payload: seed }) {
        const count = kept(size);
        drawPlaces(codes, size, count, blockKey(seed, index, 0));
        let maxAbs = 0;
        for (let i = 0; i < count; i++) {
          const value = values[codes[i]!]!;
          maxAbs = Math.max(maxAbs, Math.abs(value));
          packedView.setFloat32(4 * i, value, true);
        }
        return { bytes: 4 * count, maxAbs: Math.fround(maxAbs * (size / count)) };
      },
      validate({ packedView }, { size, offset }) {
        const count = kept(size);
        let maxAbs = 0;
        for (let i = 0; i < count; i++) {
          const value = packedView.getFloat32(4 * i, true);
          if (!Number.isFinite(value)) throw notFinite(offset, value);
          maxAbs = Math.max(maxAbs, Math.abs(value));
        }
        return Math.fround(maxAbs * (size / count));
      },
      decode({ codes, values, packedView }, { size, index }, seed) {
        const count = kept(size);
        drawPlaces(codes, size, count, blockKey(seed, index, 0));
        values.fill(0, 0, size);
        for (let i = 0; i < count; i++) {
          values[codes[i]!] = packedView.getFloat32(4 * i, true) * (size / count);
        }
      },
    },
    kernels,
  );
}

/** Puts `count` of the numbers below `size`, each set of them as likely as any other, at the front of `places`. */
function drawPlaces(places: Uint16Array, size: number, count: number, key: number): void {
  for (let i = 0; i < size; i++) places[i] = i;
  for (let i = 0; i < count; i++) {
    const word = mix(key + Math.imul(i, GOLDEN)) >>> 0;
    const other = i + Math.floor((word * (size - i)) / 2 ** 32);
    const place = places[other]!;
    places[other] = places[i]!;
    places[i] = place;
  }
}
