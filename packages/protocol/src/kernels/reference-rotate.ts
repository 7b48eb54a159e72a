import { GOLDEN, mix } from "./mix.ts";
import type { ReferenceMemory } from "./reference-memory.ts";
import type { RotateKernels } from "./update-kernels.ts";

/** The specification of the kernels that make up a random rotation. */
export function referenceRotate(memory: ReferenceMemory): RotateKernels {
  return {
    hadamard: (values, size) => transform(memory.valuesAt(values, size)),
    flipHadamard(values, size, key) {
      const x = memory.valuesAt(values, size);
      flipSigns(x, key);
      transform(x);
    },
    flip(values, size, key, factor) {
      const x = memory.valuesAt(values, size);
      flipSigns(x, key);
      const scale = Math.fround(factor);
      for (let i = 0; i < size; i++) x[i]! *= scale;
    },
  };
}

/**
 * Flips signs as the key decides. The signs of 128 values come from four random words. Word l has
 * the signs of the values l, l + 4, l + 8 and so on, its highest bit first, so that SIMD code finds
 * the signs of four neighbouring values with one shift.
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

/**
 * Multiplies by the Hadamard matrix in log₂(size) passes, from the smallest stride to the largest.
 * Each sum is rounded to float32.
 */
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
