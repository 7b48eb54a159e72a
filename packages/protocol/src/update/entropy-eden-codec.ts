// EDEN with equal steps, whose levels are written in as many bits as their rarity asks for:
//
//   seed of the rotations (4) ‖ for each block: length (2) ‖ float32 scale S ‖ four states (16) ‖ words        x̂ = R⁻¹(S·k·Δ)
import { TributaryError } from "../errors.ts";
import { blockCodec, type KernelSource } from "./block-codec.ts";
import { NORMAL_STEPS } from "./normal-quantizers.generated.ts";
import { readScale } from "./read-scale.ts";
import { rotateBlock, rotateBlockBack, rotatedBound, rotationGrowth } from "./rotation.ts";
import { malformed, type UpdateCodec } from "./update-codec.ts";

type EntropyBits = keyof typeof NORMAL_STEPS;

/** Bits a value, on average, that EDEN can use with entropy coding. */
export function isEntropyBits(bits: number): bits is EntropyBits {
  return bits in NORMAL_STEPS;
}

const ROUNDS = 2;
const SCALE_BYTES = 4;
const STATE_BYTES = 16;
const SYMBOLS_AT = 512;
const SLOTS_AT = 1_024;

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
  const { levels, symbols, slots } = tablesOf(step, frequencies);
  const longest = (size: number): number =>
    SCALE_BYTES + STATE_BYTES + 2 * Math.ceil((3 * size) / 4) + 8;
  const magnitudeBound = (scale: number, size: number): number =>
    rotatedBound(scale * most * step * Math.sqrt(size));

  return blockCodec(
    {
      name: "eden",
      sizes: "rotation",
      seeded: true,
      bytes: longest,
      leastBytes: () => SCALE_BYTES + STATE_BYTES,
      prepare(space) {
        space.table(0, levels.length).set(levels);
        space.tables.set(new Uint8Array(symbols.buffer), SYMBOLS_AT);
        space.tables.set(slots, SLOTS_AT);
      },
      encode(space, { size, index }, { payload: seed }) {
        const { kernels, valuesAt, codesAt, packedAt, tablesAt } = space;
        rotateBlock(space, size, index, seed, ROUNDS);
        const squares = kernels.sumOfSquares(valuesAt, size);
        const inverse = squares === 0 ? 0 : Math.sqrt(size / squares) / step;
        kernels.quantizeStep(valuesAt, size, Math.min(inverse, 2 ** 127), most, codesAt);
        const product = kernels.lookupDot(codesAt, size, tablesAt, valuesAt);
        // All values can be nearest to 0 only where all are about as large as their mean, which a rotation does not do.
        const scale =
          product > 0 ? Math.fround(squares / product / rotationGrowth(size, ROUNDS)) : 0;
        const end = packedAt + longest(size);
        const start = kernels.ransEncode(codesAt, size, tablesAt + SYMBOLS_AT, end);
        space.packed.copyWithin(SCALE_BYTES, start - packedAt, end - packedAt);
        space.packedView.setFloat32(0, scale, true);
        return { bytes: SCALE_BYTES + end - start, maxAbs: magnitudeBound(scale, size) };
      },
      validate({ kernels, packedAt, packedView, tablesAt, codesAt }, { size, offset }, bytes) {
        const scale = readScale(packedView, offset);
        const isWhole = kernels.ransDecode(
          packedAt + SCALE_BYTES,
          packedAt + bytes,
          size,
          tablesAt + SYMBOLS_AT,
          tablesAt + SLOTS_AT,
          codesAt,
        );
        if (isWhole === 1) return magnitudeBound(scale, size);
        throw malformed(
          `The entropy code of the update's block at value ${offset} does not end where it should`,
          offset,
        );
      },
      decode(space, { size, index }, seed, bytes) {
        const { kernels, packedAt, packedView, tablesAt, codesAt, valuesAt } = space;
        kernels.ransDecode(
          packedAt + SCALE_BYTES,
          packedAt + bytes,
          size,
          tablesAt + SYMBOLS_AT,
          tablesAt + SLOTS_AT,
          codesAt,
        );
        kernels.lookup(codesAt, size, tablesAt, valuesAt);
        const scale = packedView.getFloat32(0, true);
        rotateBlockBack(space, size, index, seed, ROUNDS, scale / rotationGrowth(size, ROUNDS));
      },
    },
    kernels,
  );
}

/** By code, k + most: the level k·Δ, its frequency with the sum of those before it, and the code of each of the 4,096 units. */
function tablesOf(
  step: number,
  frequencies: readonly number[],
): {
  readonly levels: Float32Array;
  readonly symbols: Uint32Array;
  readonly slots: Uint8Array;
} {
  const most = frequencies.length - 1;
  const count = 2 * most + 1;
  const slots = new Uint8Array(4_096);
  let before = 0;
  const symbols = Uint32Array.from({ length: count }, (_, code) => {
    const frequency = frequencies[Math.abs(code - most)]!;
    slots.fill(code, before, before + frequency);
    before += frequency;
    return frequency + 65_536 * (before - frequency);
  });
  const levels = Float32Array.from({ length: count }, (_, code) => (code - most) * step);
  return { levels, symbols, slots };
}
