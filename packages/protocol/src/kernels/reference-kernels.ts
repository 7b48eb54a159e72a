import type { UpdateKernels } from "./update-kernels.ts";
import { referenceAccumulate } from "./reference-accumulate.ts";
import { referenceEntropy } from "./reference-entropy.ts";
import { ReferenceMemory } from "./reference-memory.ts";
import { referenceModular } from "./reference-modular.ts";
import { referenceQuantize } from "./reference-quantize.ts";
import { referenceRotate } from "./reference-rotate.ts";
import { referenceValues } from "./reference-values.ts";

/**
 * Makes kernels in plain TypeScript, with a memory of their own. They specify what the kernels in
 * WebAssembly compute, and they run where there is no WebAssembly: some ten times slower, with the
 * same bits.
 */
export function referenceKernels(): UpdateKernels {
  const memory = new ReferenceMemory();
  return {
    name: "reference",
    get memory() {
      return memory.memory;
    },
    workspace: memory.workspace,
    allocate: (byteLength) => memory.allocate(byteLength),
    ...referenceRotate(memory),
    ...referenceQuantize(memory),
    ...referenceEntropy(memory),
    ...referenceModular(memory),
    ...referenceAccumulate(memory),
    ...referenceValues(memory),
  };
}
