import type { ModularKernels } from "./kernels.ts";
import type { ReferenceMemory } from "./reference-memory.ts";

/** The specification of the kernels that add integers and scale values. */
export function referenceModular(memory: ReferenceMemory): ModularKernels {
  return {
    addModular(sums, values, count, mask) {
      const { words } = memory.views;
      for (let i = 0; i < count; i++) {
        const at = (sums >> 2) + i;
        words[at] = (words[at]! + words[(values >> 2) + i]!) & mask;
      }
    },
    addBytes(sums, bytes, count) {
      const { words, bytes: all } = memory.views;
      for (let i = 0; i < count; i++) words[(sums >> 2) + i]! += all[bytes + i]!;
    },
    scale(values, count, factor) {
      const x = memory.views.values.subarray(values >> 2, (values >> 2) + count);
      const rounded = Math.fround(factor);
      for (let i = 0; i < count; i++) x[i]! *= rounded;
    },
  };
}
