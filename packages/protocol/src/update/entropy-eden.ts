// EDEN with entropy coding. The rotated values are rounded to multiples k of a step Δ, and frequent
// multiples take fewer bits than rare ones:
//
//   seed of the rotations (4) ‖ for each block: length (2) ‖ float32 scale S ‖ four states (16) ‖ words
//
//   x̂ = R⁻¹(S·k·Δ)
import type { BlockScheme } from "./block-codec.ts";
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

type EntropyBits = keyof typeof NORMAL_STEPS;

/** The numbers of bits that `isEntropyBits` accepts, for people. */
export const ENTROPY_BITS = "1, 2, 3 or 4";

/** Whether EDEN can use so many bits for each value, on average, with entropy coding. */
export function isEntropyBits(bits: number): bits is EntropyBits {
  return bits in NORMAL_STEPS;
}

const ROUNDS = 2;
const SCALE_BYTES = 4;

/**
 * How EDEN treats one block with entropy coding. The error is the least that the theory allows when
 * values are rounded one by one: whatever the update, E‖x̂ − x‖² / ‖x‖² is .535, .0976, .0227 and
 * .0056 at 1, 2, 3 and 4 bits. The length varies a little, since `bits` holds on average. An update
 * whose rotated values are not those of a normal distribution may take 12 bits for each value.
 * @see arXiv:2108.08842 §5 and its appendix (EDEN with entropy coding)
 */
export function entropyEdenScheme(bits: EntropyBits): BlockScheme {
  const { step, frequencies } = NORMAL_STEPS[bits];
  const most = frequencies.length - 1;
  const multiples = Array.from({ length: 2 * most + 1 }, (_, code) => code - most);
  const levels = multiples.map((multiple) => multiple * step);
  const frequencyOfCode = multiples.map((multiple) => frequencies[Math.abs(multiple)]!);
  const magnitudeBound = (scale: number, size: number): number =>
    rotatedBound(scale * most * step * Math.sqrt(size));

  return {
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
      // All values are nearest to 0 only if the block is 0: a rotated block has some large ones.
      const scale = product > 0 ? Math.fround(squares / product / rotationGrowth(size, ROUNDS)) : 0;
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
  };
}
