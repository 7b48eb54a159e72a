import { largestMagnitude } from "../bytes/float32-bytes.ts";
import type { ValueKernels } from "./update-kernels.ts";
import type { ReferenceMemory } from "./reference-memory.ts";

/** The specification of the kernels that subtract and compare values. */
export function referenceValues(memory: ReferenceMemory): ValueKernels {
  return {
    subtract(a, b, count, result) {
      const [x, y] = [memory.valuesAt(a, count), memory.valuesAt(b, count)];
      const out = memory.valuesAt(result, count);
      for (let i = 0; i < count; i++) out[i] = x[i]! - y[i]!;
    },
    largestMagnitude: (values, count) => largestMagnitude(memory.valuesAt(values, count)),
  };
}
