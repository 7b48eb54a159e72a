import { padded, type Kernels } from "../kernels.ts";
import { convolutionKernels } from "./convolve.ts";
import { depthwiseKernels } from "./depthwise.ts";
import { dropoutKernels } from "./dropout.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { geluKernels } from "./gelu.ts";
import { lossKernels } from "./losses.ts";
import { referenceMath } from "./math.ts";
import { referenceMemory } from "./memory.ts";
import { multiplyKernels } from "./multiply.ts";
import { normalizationKernels } from "./normalize.ts";
import { optimizerKernels } from "./optimizers.ts";
import { poolingKernels } from "./pooling.ts";
import { recurrentKernels } from "./recurrent.ts";

/**
 * The plain twin of the WebAssembly module: slow, readable, and the specification of every bit. It steps in where
 * there is no WebAssembly SIMD.
 */
export function createReferenceKernels(): Kernels {
  const memory = referenceMemory(16);
  const math = referenceMath();
  return {
    name: "reference",
    firstFree: 16,
    heap: () => memory.f,
    reserve(size) {
      if (size <= memory.f.length) return;
      const grown = referenceMemory(padded(size));
      grown.f.set(memory.f);
      Object.assign(memory, grown);
    },
    ...multiplyKernels(memory),
    ...convolutionKernels(memory),
    ...poolingKernels(memory),
    ...elementwiseKernels(memory, math),
    ...depthwiseKernels(memory),
    ...geluKernels(memory, math),
    ...normalizationKernels(memory),
    ...recurrentKernels(memory, math),
    ...dropoutKernels(memory),
    ...lossKernels(memory, math),
    ...optimizerKernels(memory),
  };
}
