import type { Address } from "@tributary/protocol";
import { valueAccess } from "../kernel-memory.ts";
import type { TrainingKernels } from "../training-kernels.ts";
import { activationKernels } from "./activations.ts";
import { arrangementKernels } from "./arrange.ts";
import { attentionKernels } from "./attend.ts";
import { columnKernels } from "./columns.ts";
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
import { probabilityKernels } from "./probabilities.ts";
import { recurrentKernels } from "./recurrent.ts";

/** One cache line, because address 0 stands for an array that is not there. */
const FIRST_FREE: Address = 64;

/**
 * Makes kernels in plain TypeScript: the twin of the WebAssembly module. They are slow and
 * readable, and they specify every bit. They train where there is no WebAssembly with SIMD.
 *
 * JavaScript computes in float64. For a single addition, subtraction, multiplication, division or
 * square root of float32 values, `Math.fround` of the result is exactly what float32 arithmetic
 * gives. That is why every operation stands in a `Math.fround` of its own, which files with long
 * formulas shorten to `r` or `f`. The last operation before a store needs none, because a
 * `Float32Array` rounds what is stored in it.
 */
export function createReferenceKernels(): TrainingKernels {
  const memory = referenceMemory(FIRST_FREE / 4);
  const math = referenceMath();
  return {
    name: "reference",
    firstFree: FIRST_FREE,
    // A getter, because `reserve` replaces the buffer.
    get memory() {
      return { buffer: memory.f.buffer as ArrayBuffer };
    },
    ...valueAccess(() => memory.f),
    reserve(byteLength) {
      if (byteLength <= memory.f.byteLength) return;
      const grown = referenceMemory(Math.ceil(byteLength / 4));
      grown.f.set(memory.f);
      // All groups of kernels hold the same `memory`, so it gets the new views instead of being
      // replaced.
      Object.assign(memory, grown);
    },
    ...multiplyKernels(memory),
    ...convolutionKernels(memory),
    ...poolingKernels(memory),
    ...elementwiseKernels(memory, math),
    ...depthwiseKernels(memory),
    ...activationKernels(memory, math),
    ...arrangementKernels(memory),
    ...geluKernels(memory, math),
    ...normalizationKernels(memory),
    ...columnKernels(memory),
    ...recurrentKernels(memory, math),
    ...attentionKernels(memory, math),
    ...dropoutKernels(memory),
    ...lossKernels(memory, math),
    ...probabilityKernels(memory, math),
    ...optimizerKernels(memory),
  };
}
