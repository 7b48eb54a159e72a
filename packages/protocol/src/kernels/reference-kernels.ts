import type { Kernels } from "./kernels.ts";
import { referenceAccumulate } from "./reference-accumulate.ts";
import { referenceEntropy } from "./reference-entropy.ts";
import { ReferenceMemory } from "./reference-memory.ts";
import { referenceModular } from "./reference-modular.ts";
import { referenceQuantize } from "./reference-quantize.ts";
import { referenceRotate } from "./reference-rotate.ts";

/** The kernels in plain TypeScript: what they mean, and what runs where there is no WebAssembly. */
export function referenceKernels(): Kernels {
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
  };
}
