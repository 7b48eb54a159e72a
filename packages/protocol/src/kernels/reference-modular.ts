import type { ModularKernels } from "./update-kernels.ts";
import type { ReferenceMemory } from "./reference-memory.ts";

/** The specification of the kernels that add integers and scale values. */
export function referenceModular(memory: ReferenceMemory): ModularKernels {
  return {
    addModular(sums, values, count, mask) {
      const total = memory.wordsAt(sums, count);
      const added = memory.wordsAt(values, count);
      for (let i = 0; i < count; i++) total[i] = (total[i]! + added[i]!) & mask;
    },
    addBytes(sums, bytes, count) {
      const total = memory.wordsAt(sums, count);
      for (let i = 0; i < count; i++) total[i]! += memory.bytes[bytes + i]!;
    },
    scale(values, count, factor) {
      const x = memory.valuesAt(values, count);
      const rounded = Math.fround(factor);
      for (let i = 0; i < count; i++) x[i]! *= rounded;
    },
  };
}
