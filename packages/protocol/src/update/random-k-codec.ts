// Of each block the values at places that are drawn from the seed, as float32: seed (4) ‖ values.
import { GOLDEN, mix } from "../kernels/mix.ts";
import { positiveNumbers } from "../schema/parameter.ts";
import { blockCodec } from "./block-codec.ts";
import type { CodecDefinition } from "./codec-definition.ts";
import { notFinite } from "./update-codec.ts";
import { blockKey } from "./value-blocks.ts";

/** What a plan says to use random-k. */
export interface RandomKSpec {
  readonly codec: "random-k";
  /** Share of the values that is sent; above 0, at most 1. */
  readonly fraction: number;
}

/**
 * Random-k: a share of each block's values, drawn at random. They are scaled up for the values that
 * are not sent: E‖x̂ − x‖² = (1/fraction − 1) · ‖x‖². Each value sent costs four bytes, and its
 * place costs nothing.
 * @see arXiv:1610.05492 §3 (random mask); arXiv:1809.07599
 */
export const randomKCodec: CodecDefinition<RandomKSpec> = {
  name: "random-k",
  meaning: "Sends some of the values, drawn at random, as float32.",
  parameters: {
    fraction: {
      values: positiveNumbers(1),
      byDefault: 0.1,
      meaning: "Share of the values that is sent.",
    },
  },
  isReadableAlone: true,
  leavesResidual: false,
  isMostlyZero: ({ fraction }) => fraction <= 0.5,
  isMostlyError: ({ fraction }) => fraction <= 0.5,
  // How much of the norm is in the values that are sent is up to chance.
  mostStretch: ({ fraction }) => Math.sqrt(1 + 1.2 * (1 / fraction - 1)),
  create({ fraction }, kernels) {
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
  },
};

/**
 * Draws `count` of the numbers below `size` to the front of `places`; all sets are equally likely.
 */
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
