import type { AttentionKernels } from "../attention-kernels.ts";
import type { ReferenceMath } from "./math.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const r = Math.fround;

/** The specification of the kernels of attention. */
export function attentionKernels(memory: ReferenceMemory, math: ReferenceMath): AttentionKernels {
  return {
    attend({ x, rows, columns, scale, moments, causal }) {
      const { f } = memory;
      for (let row = 0; row < rows; row++) {
        const from = indexOf(x) + row * columns;
        const seen = causal ? Math.min((row % moments) + 1, columns) : columns;
        // The largest score is subtracted first, so that no power overflows.
        let most = f[from]!;
        for (let i = 1; i < seen; i++) most = Math.max(most, f[from + i]!);
        let sum = 0;
        for (let i = 0; i < seen; i++) {
          f[from + i] = math.exp(r(r(scale) * r(f[from + i]! - most)));
          sum = r(sum + f[from + i]!);
        }
        for (let i = 0; i < seen; i++) f[from + i] = f[from + i]! / sum;
        for (let i = seen; i < columns; i++) f[from + i] = 0;
      }
    },
  };
}
