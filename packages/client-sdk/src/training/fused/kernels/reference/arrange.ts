import type { Arrangement, ArrangementKernels, Axes } from "../arrangement-kernels.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

/** The specification of the kernels that bring values into another order. */
export function arrangementKernels(memory: ReferenceMemory): ArrangementKernels {
  return {
    arrange(from, to, sizes, examples) {
      const { f } = memory;
      for (const place of placesOf(sizes, examples))
        f[indexIn(to, place)] = f[indexIn(from, place)]!;
    },
    addArranged(from, to, sizes, examples) {
      const { f } = memory;
      for (const place of placesOf(sizes, examples)) {
        const target = indexIn(to, place);
        f[target] = f[target]! + f[indexIn(from, place)]!;
      }
    },
  };
}

/** A number along each axis. */
type Place = Arrangement["strides"];

/** Counts through all places along four axes, the last one fastest. */
function* placesOf([outer, middle, inner]: Axes, examples: number): Iterable<Place> {
  for (let i = 0; i < examples; i++) {
    for (let j = 0; j < outer; j++) {
      for (let k = 0; k < middle; k++) {
        for (let l = 0; l < inner; l++) yield [i, j, k, l];
      }
    }
  }
}

const indexIn = ({ at, strides }: Arrangement, place: Place): number =>
  strides.reduce((index, stride, axis) => index + stride * place[axis]!, indexOf(at));
