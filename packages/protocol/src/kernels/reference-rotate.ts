import { GOLDEN, mix, type RotateKernels } from "./kernels.ts";
import type { ReferenceMemory } from "./reference-memory.ts";

/** The specification of the kernels of a rotation. */
export function referenceRotate(memory: ReferenceMemory): RotateKernels {
  const at = (offset: number, size: number): Float32Array =>
    memory.views.values.subarray(offset >> 2, (offset >> 2) + size);
  return {
    hadamard: (values, size) => transform(at(values, size)),
    flipHadamard(values, size, key) {
      const x = at(values, size);
      flipSigns(x, key);
      transform(x);
    },
    flip(values, size, key, factor) {
      const x = at(values, size);
      flipSigns(x, key);
      const scale = Math.fround(factor);
      for (let i = 0; i < size; i++) x[i]! *= scale;
    },
  };
}

/**
 * 128 signs come of four words, of which word l has those of the values l, l + 4, l + 8 …, its highest bit first: so that four
 * values at a time take theirs with one shift.
 */
function flipSigns(x: Float32Array, key: number): void {
  for (let group = 0; group < x.length; group += 128) {
    for (let lane = 0; lane < 4; lane++) {
      const word = mix(key + Math.imul((group >> 5) + lane, GOLDEN));
      for (let k = 0; k < 32; k++) {
        const i = group + 4 * k + lane;
        if (((word << k) & 0x80000000) !== 0) x[i] = -x[i]!;
      }
    }
  }
}

/** Multiplies by Hadamard's matrix, from the smallest stride to the largest; each sum is rounded to float32. */
function transform(x: Float32Array): void {
  for (let stride = 1; stride < x.length; stride *= 2) {
    for (let base = 0; base < x.length; base += 2 * stride) {
      for (let i = base; i < base + stride; i++) {
        const a = x[i]!;
        const b = x[i + stride]!;
        x[i] = a + b;
        x[i + stride] = a - b;
      }
    }
  }
}
