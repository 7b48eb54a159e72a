// EDEN with equal steps, whose levels are written in as many bits as their rarity asks for:
//
//   seed of the rotations (4) ‖ for each block: length (2) ‖ float32 scale S ‖ four states (16) ‖ words        x̂ = R⁻¹(S·k·Δ)
import { TributaryError } from "../errors.ts";
import { blockCodec, type KernelSource } from "./block-codec.ts";
import { NORMAL_STEPS } from "./normal-quantizers.generated.ts";
import { readScale } from "./read-scale.ts";
import { rotateBlock, rotateBlockBack, rotatedBound, rotationGrowth } from "./rotation.ts";
import {
  LEAST_STREAM_BYTES,
  mostStreamBytes,
  readStream,
  setFrequencies,
  writeStream,
} from "./symbol-code.ts";
import type { UpdateCodec } from "./update-codec.ts";

type EntropyBits = keyof typeof NORMAL_STEPS;

/** Bits a value, on average, that EDEN can use with entropy coding. */
export function isEntropyBits(bits: number): bits is EntropyBits {
  return bits in NORMAL_STEPS;
}

const ROUNDS = 2;
const SCALE_BYTES = 4;

/**
 * EDEN with entropy coding: what the theory allows a quantizer of single values. E‖x̂ − x‖² / ‖x‖² is .535, .0976, .0227 and .0056
 * at 1, 2, 3 and 4 bits, whatever the update; the length varies a little, and an update that is not what it seems may take 12 bits.
 * @throws TributaryError `BAD_PARAMETER`.
 * @see arXiv:2108.08842 §5 and its appendix (EDEN with entropy coding)
 */
export function entropyEdenCodec(
  { bits }: { readonly bits: number },
  kernels: KernelSource,
): UpdateCodec {
  if (!isEntropyBits(bits)) {
    throw new TributaryError("BAD_PARAMETER", `EDEN cannot be entropy coded at ${bits} bits`, {
      remedy: "Use 1, 2, 3 or 4 bits, or no entropy coding.",
    });
  }
  const { step, frequencies } = NORMAL_STEPS[bits];
  const most = frequencies.length - 1;
  const multiples = Array.from({ length: 2 * most + 1 }, (_, code) => code - most);
  const levels = multiples.map((multiple) => multiple * step);
  const frequencyOfCode = multiples.map((multiple) => frequencies[Math.abs(multiple)]!);
  const magnitudeBound = (scale: number, size: number): number =>
    rotatedBound(scale * most * step * Math.sqrt(size));

  return blockCodec(
    {
      name: "eden",
      sizes: "rotation",
      seeded: true,
      bytes: (size) => SCALE_BYTES + mostStreamBytes(size),
      leastBytes: () => SCALE_BYTES + LEAST_STREAM_BYTES,
      prepare(space) {
        space.table(0, levels.length).set(levels);
        setFrequencies(space, frequencyOfCode);
      },
      encode(space, { size, index }, { payload: seed }) {
        const { kernels, valuesAt, codesAt, tablesAt } = space;
        rotateBlock(space, size, index, seed, ROUNDS);
        const squares = kernels.sumOfSquares(valuesAt, size);
        const inverse = squares === 0 ? 0 : Math.sqrt(size / squares) / step;
        kernels.quantizeStep(valuesAt, size, Math.min(inverse, 2 ** 127), most, codesAt);
        const product = kernels.lookupDot(codesAt, size, tablesAt, valuesAt);
        // All values can be nearest to 0 only where all are about as large as their mean, which a rotation does not do.
        const scale =
          product > 0 ? Math.fround(squares / product / rotationGrowth(size, ROUNDS)) : 0;
        space.packedView.setFloat32(0, scale, true);
        const bytes = writeStream(space, size, SCALE_BYTES);
        return { bytes, maxAbs: magnitudeBound(scale, size) };
      },
      validate(space, { size, offset }, bytes) {
        const scale = readScale(space.packedView, offset);
        readStream(space, size, { at: SCALE_BYTES, end: bytes, offset });
        return magnitudeBound(scale, size);
      },
      decode(space, { size, index, offset }, seed, bytes) {
        const { kernels, packedView, tablesAt, codesAt, valuesAt } = space;
        readStream(space, size, { at: SCALE_BYTES, end: bytes, offset });
        kernels.lookup(codesAt, size, tablesAt, valuesAt);
        const scale = packedView.getFloat32(0, true);
        rotateBlockBack(space, size, index, seed, ROUNDS, scale / rotationGrowth(size, ROUNDS));
      },
    },
    kernels,
  );
}
