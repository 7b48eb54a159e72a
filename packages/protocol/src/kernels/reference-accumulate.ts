import type { AccumulateKernels } from "./update-kernels.ts";
import type { ReferenceMemory } from "./reference-memory.ts";

/**
 * Adding this number and subtracting it again rounds a number of up to 2⁵¹ to an integer, ties to
 * even, as `nearest` of WebAssembly does: a float64 of this size has no bits left for a fraction.
 */
const ROUNDING = 1.5 * 2 ** 52;

/** The specification of the kernel that adds values to sums. */
export function referenceAccumulate(memory: ReferenceMemory): AccumulateKernels {
  return {
    accumulate(values, count, scale, sums) {
      const x = memory.valuesAt(values, count);
      const out = new Float64Array(memory.bytes.buffer, sums, count);
      for (let i = 0; i < count; i++) out[i]! += x[i]! * scale + ROUNDING - ROUNDING;
    },
  };
}
