import type { AccumulateKernels } from "./kernels.ts";
import type { ReferenceMemory } from "./reference-memory.ts";

/** Adding and subtracting 1.5 · 2⁵² rounds a number of up to 2⁵¹ to an integer, ties to even: what `nearest` of WebAssembly does. */
const ROUNDING = 1.5 * 2 ** 52;

/** The specification of the kernel that adds up. */
export function referenceAccumulate(memory: ReferenceMemory): AccumulateKernels {
  return {
    accumulate(values, count, scale, sums) {
      const x = memory.views.values.subarray(values >> 2, (values >> 2) + count);
      const out = new Float64Array(memory.views.bytes.buffer, sums, count);
      for (let i = 0; i < count; i++) out[i]! += x[i]! * scale + ROUNDING - ROUNDING;
    },
  };
}
